/** The schema of a request and the parser: what the schema refuses is refused, and where the parser refuses more, why. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS, REFUSED } from '../../bin/contract/examples.ts';
import { UNSAID } from '../../bin/contract/schemas.ts';
import { parseBody } from '../../lib/core/body.ts';
import { readClients } from '../../lib/core/clients.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import { parseSignRequest } from '../../lib/core/request.ts';
import { isRequest } from './schemas.ts';

const clients = readClients({
  orders: { audiences: ['orders-api', 'b'], scopes: ['orders:read'], claims: ['a', 'b'], maxLifetime: '5m' },
  billing: { audiences: ['orders-api'], subject: 'svc:billing', fixedClaims: { env: 'test' } },
});

/** The code of the refusal, if it is one. */
function refusal(body: string, client?: 'orders' | 'billing'): string | undefined {
  try {
    parseSignRequest(parseBody(body, LIMITS), LIMITS, client && clients.get(client));
    return undefined;
  } catch (error) {
    if (error instanceof KeyturnError) return error.code;
    throw error;
  }
}

const names = fc.constantFrom(
  'a',
  'b',
  'sub',
  'iss',
  'scope',
  '__proto__',
  'constructor',
  'pass_word',
  'pin',
  'é',
  '\ud800',
);
const name = fc.oneof({ weight: 9, arbitrary: names }, { weight: 1, arbitrary: long(250, 260) });
const number = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.5, 9_007_199_254_740_991, 9_007_199_254_740_992, -9_007_199_254_740_992, 1e300, 1e-7),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const leaf = fc.oneof(fc.string({ unit: 'binary' }), number, fc.constantFrom(true, false, null, '', '\udfff'));
const value = fc.letrec<{ any: unknown; list: unknown[]; object: Record<string, unknown> }>((tie) => ({
  any: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('any'), { maxLength: 3 }),
  object: dictionary(tie('any')),
})).any;
/** Deeper than allowed now and then, and as long as the schema's own bounds. */
const deep = fc.integer({ min: 6, max: 10 }).map((levels) => nested(levels));
const audience = fc.oneof(fc.constantFrom('orders-api', 'b', ''), long(254, 258), leaf);
const audiences = fc.oneof(
  audience,
  fc.array(audience, { maxLength: 22 }),
  fc.uniqueArray(fc.nat().map(String), { minLength: 18, maxLength: 22 }),
);
const scope = fc.oneof(
  fc.constantFrom('orders:read', 'orders:read x', ' x', 'x ', 'a  b', '"', '\n', 'x\n', 'é'),
  leaf,
);
const sub = fc.oneof(fc.constantFrom('svc:checkout', 'svc:billing', 'orders', 'billing', ''), long(253, 257), leaf);
const claims = fc.oneof(
  fc
    .tuple(fc.option(sub, { nil: undefined }), dictionary(fc.oneof(value, deep)))
    .map(([sub, rest]) => ({ ...rest, ...(sub !== undefined && { sub }) })),
  fc.constant({ sub: 'x', list: Array.from({ length: 1025 }, () => 1) }),
  leaf,
);
const expiresIn = fc.oneof(fc.constantFrom(0, 1, 300, 301, 3600, 3601, 1.5, '300', null), number);
const type = fc.oneof(fc.constantFrom('JWT', 'at+jwt', 'jwt'), leaf);
/** One or two members that may be anything, in a request that is otherwise sound: all wild, nothing would ever pass. */
const wild = { audience: audiences, scope, expiresIn, type, claims, other: value, ['__proto__']: value };
const request = fc
  .subarray(Object.entries(wild), { maxLength: 2 })
  .chain((some) =>
    fc.tuple(
      fc.subarray(['audience', 'claims', 'scope']),
      fc.record(Object.fromEntries(some), { noNullPrototype: true }),
    ),
  )
  .map(([left, members]) => {
    const sound = { audience: 'orders-api', claims: { sub: 'svc:checkout' }, scope: 'orders:read' };
    return JSON.stringify({
      ...Object.fromEntries(Object.entries(sound).filter(([one]) => left.includes(one))),
      ...members,
    });
  });
const body = fc.oneof(
  { weight: 9, arbitrary: request },
  { weight: 1, arbitrary: value.map((any) => JSON.stringify(any)) },
);

type Asked = Record<string, unknown> & { claims?: Record<string, unknown> };
const byRules = (_: Asked, client: unknown) => client !== undefined;
const isWide = (asked: Asked) => /[\u{10000}-\u{10ffff}]/u.test(JSON.stringify(asked));
/** Of each code in `UNSAID` that a value can earn: whether it is earned by what is said there, and by nothing else. */
const EXCUSES: Readonly<Record<string, (asked: Asked, client: unknown) => boolean>> = {
  invalid_string: (asked) => isWide(asked) || /\\ud[89a-f]/.test(JSON.stringify(asked)),
  invalid_member: (asked, client) => isWide(asked) || (asked.type === 'at+jwt' && client === undefined),
  missing_member: ({ claims }) => claims === undefined || !Object.hasOwn(claims, 'sub'),
  secret_claim: (asked) => /"(?:pass_word|pin)":/.test(JSON.stringify(asked)),
  too_deep: (asked) => /(?:[{[].*){9}/.test(JSON.stringify(asked)),
  token_too_large: ({ claims }) => Array.isArray(claims?.list),
  lifetime_too_long: ({ expiresIn }) => Number(expiresIn) > 300,
  audience_not_allowed: byRules,
  scope_not_allowed: byRules,
  claim_not_allowed: byRules,
  subject_not_allowed: byRules,
};

test('what the schema refuses is refused; what it takes is refused only for what it cannot say', () => {
  const seen = { refusedByBoth: 0, taken: 0, codes: new Set<string>() };
  fc.assert(
    fc.property(body, fc.constantFrom(undefined, 'orders' as const, 'billing' as const), (text, client) => {
      const code = refusal(text, client);
      const asked = JSON.parse(text);
      const isWithin = isRequest(asked);
      if (!isWithin) {
        expect(code, `${text} is not within the schema`).toBeDefined();
        seen.refusedByBoth += 1;
      } else if (code === undefined) seen.taken += 1;
      else {
        expect(EXCUSES[code]?.(asked, client), `${text} is within the schema, and refused as ${code}`).toBe(true);
        seen.codes.add(code);
      }
    }),
    { numRuns: 20_000 },
  );
  // It has been tried: of either kind there were many.
  expect(Math.min(seen.refusedByBoth, seen.taken)).toBeGreaterThan(1000);
  const byText = ['body_not_json', 'duplicate_member', 'body_too_large', 'unsafe_number'];
  expect([...seen.codes].sort()).toEqual(
    Object.keys(UNSAID)
      .filter((code) => !byText.includes(code))
      .sort(),
  );
});

describe('what a schema cannot say', () => {
  const BY_TEXT = ['body_not_json', 'duplicate_member', 'body_too_large', 'unsafe_number'];
  test('is of the value, or of its text', () => {
    expect([...Object.keys(EXCUSES), ...BY_TEXT].sort()).toEqual(Object.keys(UNSAID).sort());
  });

  const sound = { audience: 'orders-api', claims: { sub: 'x' } };
  test.each([
    ['body_not_json', '\ufeff{}'],
    ['duplicate_member', '{"audience":"orders-api","audience":"b","claims":{"sub":"x"}}'],
    ['body_too_large', JSON.stringify(sound).padEnd(65_537)],
    ['unsafe_number', '{"audience":"orders-api","claims":{"sub":"x","a":9007199254740991.4}}'],
  ] as const)('%s', (code, text) => {
    expect(BY_TEXT).toContain(code);
    expect(refusal(text)).toBe(code);
    if (code !== 'body_not_json') expect(isRequest(JSON.parse(text))).toBe(true);
  });
});

test('the examples of refusals are refused', () => {
  for (const text of REFUSED) expect(refusal(text)).toBeDefined();
});

/** Of so many characters, one of which may take two UTF-16 code units. */
function long(minLength: number, maxLength: number) {
  return fc
    .tuple(fc.constantFrom('', '😀'), fc.integer({ min: minLength, max: maxLength }), fc.nat(99))
    .map(([first, length, salt]) =>
      `${first}${String(salt).padEnd(length - [...first].length, 'x')}`.slice(0, length + 1),
    );
}
function dictionary(values: fc.Arbitrary<unknown>) {
  return fc.array(fc.tuple(name, values), { maxLength: 3 }).map((entries) => Object.fromEntries(entries));
}
function nested(levels: number): unknown {
  return levels === 0 ? 'x' : { a: nested(levels - 1) };
}
