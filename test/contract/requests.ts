/** Requests around the bounds of the contract: most are sound but for a member or two. */
import fc from 'fast-check';

const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'tenant_id', 'é') },
  { weight: 3, arbitrary: fc.constantFrom('iss', 'scope', '__proto__', 'constructor', 'pass_word', 'pin', '\ud800') },
  { weight: 1, arbitrary: long(250, 260) },
);
const number = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.5, 9_007_199_254_740_991, 9_007_199_254_740_992, -9_007_199_254_740_992, 1e300, 1e-7),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const leaf = fc.oneof(fc.string(), number, fc.constantFrom(true, false, null, '', '\udfff'));
const value = fc.letrec<{ any: unknown; list: unknown[]; object: Record<string, unknown> }>((tie) => ({
  any: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('any'), { maxLength: 3 }),
  object: dictionary(tie('any')),
})).any;
const deep = fc.integer({ min: 6, max: 10 }).map(nested);

const audience = fc.oneof(fc.constantFrom('orders-api', 'b', ''), long(254, 258), leaf);
const audiences = fc.oneof(
  audience,
  fc.array(audience, { maxLength: 22 }),
  fc.uniqueArray(fc.nat().map(String), { minLength: 18, maxLength: 22 }),
);
const scope = fc.oneof(fc.constantFrom('orders:read', 'x orders:read', ' x', 'x ', 'a  b', '"', 'x\n', 'é'), leaf);
const sub = fc.oneof(
  { weight: 4, arbitrary: fc.constant('svc:checkout') },
  { weight: 2, arbitrary: fc.constantFrom('svc:billing', 'orders', 'billing', '') },
  { weight: 2, arbitrary: long(253, 257) },
  { weight: 1, arbitrary: leaf },
);
const claims = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.option(sub, { freq: 9, nil: undefined }), dictionary(fc.oneof(leaf, value, deep)))
      .map(([sub, rest]) => ({ ...rest, ...(sub !== undefined && { sub }) })),
  },
  { weight: 1, arbitrary: fc.constant({ sub: 'x', list: Array.from({ length: 1025 }, () => 1) }) },
  { weight: 1, arbitrary: leaf },
);
const expiresIn = fc.oneof(fc.constantFrom(0, 1, 300, 301, 3600, 3601, 1.5, '300', null), number);
const type = fc.oneof(fc.constantFrom('JWT', 'at+jwt', 'jwt'), leaf);

const SOUND = { audience: 'orders-api', claims: { sub: 'svc:checkout' } };
const wild = { audience: audiences, scope, expiresIn, type, claims, other: value, ['__proto__']: value };
const request = fc
  .tuple(
    fc.subarray(Object.entries(wild), { maxLength: 2 }),
    fc.option(fc.constantFrom('audience', 'claims'), { freq: 4 }),
  )
  .chain(([some, missing]) =>
    fc.record(Object.fromEntries(some), { noNullPrototype: true }).map((members) => ({
      ...Object.fromEntries(Object.entries(SOUND).filter(([one]) => one !== missing)),
      ...members,
    })),
  );

/** As text: a value that JSON would not have cannot be asked for. */
export const body = fc
  .oneof({ weight: 9, arbitrary: request }, { weight: 1, arbitrary: value })
  .map((any) => JSON.stringify(any));

/** Of so many characters, one of which may take two UTF-16 code units. */
function long(minLength: number, maxLength: number) {
  return fc
    .tuple(fc.constantFrom('', '😀'), fc.integer({ min: minLength, max: maxLength }))
    .map(([first, length]) => first.padEnd(length + (first === '' ? 0 : 1), 'x'));
}
function dictionary(values: fc.Arbitrary<unknown>) {
  return fc.array(fc.tuple(name, values), { maxLength: 3 }).map((entries) => Object.fromEntries(entries));
}
function nested(levels: number): unknown {
  return levels === 0 ? 'x' : { a: nested(levels - 1) };
}
