/**
 * On the shipped bundle, for clients and requests as they come: whatever a client's rules allow is signed as they say,
 * everything else is refused, and no refusal reaches AWS. The rules are read here a second time, in other words.
 */
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClientRules } from '../../lib/core/clients.ts';
import type { Answer, Issuer, Problem } from './issuer.ts';
import { startSigning } from './issuer.ts';

const AUDIENCES = ['orders-api', 'Orders-API', 'orders-api ', 'billing-api'];
const SCOPES = ['orders:read', 'orders:write', 'orders', 'ORDERS:READ'];
const CLAIMS = ['tenant_id', 'tenant-id', 'Tenant_id', 'env'];
const SUBJECTS = ['svc:a', 'svc:b', 'one', 'two', 'three', 'four'];
const NAMES = ['one', 'two', 'three', 'four'];
const LONGEST = 3600;

const rules: fc.Arbitrary<ClientRules> = fc
  .record(
    {
      audiences: fc.subarray(AUDIENCES, { minLength: 1, maxLength: 3 }),
      scopes: fc.subarray(SCOPES, { maxLength: 3 }),
      claims: fc.subarray(CLAIMS.slice(0, 3)),
      subject: fc.constantFrom('svc:a', 'svc:b'),
      fixedClaims: fc.constant({ env: 'test' }),
      maxLifetime: fc.constantFrom('5m', '60s', '2h'),
    },
    { requiredKeys: ['audiences', 'scopes', 'claims'] },
  )
  .map((rules) => rules as ClientRules);
const [sample = []] = fc.sample(fc.tuple(rules, rules, rules, rules), 1);
const drawn = NAMES.map((name, index) => [name, sample[index] as ClientRules] as const);
/** Of the last one each request names the sub, whatever was drawn. */
const clients: Readonly<Record<string, ClientRules>> = Object.fromEntries(
  drawn.map(([name, { subject, ...rest }]) => [name, subject && name !== 'four' ? { ...rest, subject } : rest]),
);

interface Asked {
  readonly audience: string | string[];
  readonly scope?: string | undefined;
  readonly expiresIn?: number;
  readonly type?: string;
  readonly claims?: Record<string, unknown>;
}
/** Mostly what some client may ask for, so that many a request is within the rules of the one that asks. */
const asked = (rules: ClientRules): fc.Arbitrary<Asked> => {
  const few = (own: readonly string[], all: readonly string[], least = 0) =>
    fc.oneof(
      { weight: 12, arbitrary: fc.subarray([...own], { minLength: Math.min(least, own.length) }) },
      { weight: 1, arbitrary: fc.subarray([...all], { minLength: least }) },
    );
  const sub = fc.oneof({ weight: 4, arbitrary: fc.constant(rules.subject ?? 'svc:a') }, fc.constantFrom(...SUBJECTS));
  return fc.record(
    {
      audience: few(rules.audiences, AUDIENCES, 1).chain((list) => fc.constantFrom(list, list[0] ?? '')),
      scope: few(rules.scopes ?? [], SCOPES, 1).map((list) => list.join(' ') || undefined),
      expiresIn: fc.constantFrom(1, 1, 60, 60, 60, 61, 300, 301, 3600, 3601),
      type: fc.constantFrom('JWT', 'at+jwt'),
      claims: fc
        .tuple(
          fc.option(sub, { freq: 6 }),
          few(rules.claims ?? [], CLAIMS),
          fc.constantFrom('acme', 7, [true], { a: null }),
        )
        .map(([sub, names, value]) => ({
          ...(sub !== null && { sub }),
          ...Object.fromEntries(names.map((name) => [name, value])),
        })),
    },
    { requiredKeys: ['audience'] },
  );
};

const seconds = (text = '1h') =>
  Math.min(LONGEST, Number.parseInt(text, 10) * ({ s: 1, m: 60, h: 3600 }[text.slice(-1)] ?? 0));

/** What must be in the token; undefined: there must be none. */
function expected(
  name: string,
  { audience, scope, expiresIn, claims = {} }: Asked,
): Record<string, unknown> | undefined {
  const {
    audiences,
    scopes = [],
    claims: free = [],
    subject,
    fixedClaims = {},
    maxLifetime,
  } = clients[name] as ClientRules;
  const longest = seconds(maxLifetime);
  const { sub = subject, ...others } = claims;
  const isWithin =
    [audience].flat().every((one) => audiences.includes(one)) &&
    (scope?.split(' ') ?? []).every((one) => scopes.includes(one)) &&
    Object.keys(others).every((one) => free.includes(one) && !Object.hasOwn(fixedClaims, one)) &&
    sub !== undefined &&
    (subject === undefined || sub === subject) &&
    !NAMES.some((other) => other !== name && other === sub) &&
    (expiresIn === undefined || expiresIn <= longest);
  if (!isWithin) return undefined;
  const lifetime = expiresIn ?? Math.min(900, longest);
  return {
    sub,
    aud: audience,
    client_id: name,
    ...(scope !== undefined && { scope }),
    ...fixedClaims,
    ...others,
    lifetime,
  };
}

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ config: { clients }, signers: 1 });
  // With its keyring at hand the function has nothing to ask but KMS.
  await ask(
    'one',
    { audience: clients.one?.audiences[0] ?? '', claims: { sub: clients.one?.subject ?? 'svc:a' } },
    'url',
  );
});
afterAll(() => issuer.close());

async function ask(name: string, request: Asked, way: 'url' | 'invoke'): Promise<Answer | string> {
  if (way === 'invoke') {
    const { payload, functionError } = await issuer.invoke(`sign:${name}`, request);
    const answer = JSON.parse(payload) as Answer & { errorType: string };
    return functionError ? answer.errorType : answer;
  }
  const response = await fetch(`${issuer.url}/sign/${name}`, { method: 'POST', body: JSON.stringify(request) });
  const answer = (await response.json()) as Answer & Problem;
  return response.status === 200 ? answer : answer.code;
}

test('what the rules allow is signed as they say, all else is refused, and no refusal reaches AWS', async () => {
  const turn = fc.constantFrom(...NAMES).chain((name) =>
    fc.record({
      name: fc.constant(name),
      request: asked(clients[name] as ClientRules),
      way: fc.constantFrom('url' as const, 'invoke' as const),
    }),
  );
  const seen = { signed: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(turn, async ({ name, request, way }) => {
      const claims = expected(name, request);
      issuer.calls.length = 0;
      const answer = await ask(name, request, way);
      const calls = issuer.calls.filter((call) => call.startsWith('sign '));
      if (claims === undefined) {
        expect(answer).toMatch(/^(?:(?:audience|scope|claim|subject)_not_allowed|missing_member|lifetime_too_long)$/);
        expect(calls).toEqual([]);
        seen.refused += 1;
        return;
      }
      expect(answer, JSON.stringify(clients)).toBeTypeOf('object');
      const { token } = answer as Answer;
      const { iss, iat, exp, jti, ...said } = decodeJwt(token);
      expect({ ...said, lifetime: Number(exp) - Number(iat) }).toEqual(claims);
      expect(decodeProtectedHeader(token).typ).toBe(request.type ?? 'JWT');
      expect(calls).toEqual(['sign kms.Sign']);
      seen.signed += 1;
    }),
    { numRuns: 600 },
  );
  expect(Math.min(seen.signed, seen.refused), JSON.stringify(seen)).toBeGreaterThan(50);
});
