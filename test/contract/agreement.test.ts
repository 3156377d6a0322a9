/** The schema of a request and the parser: what the schema refuses is refused, and where the parser refuses more, why. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS, REFUSED } from '../../bin/contract/examples.ts';
import { UNSAID } from '../../bin/contract/schemas.ts';
import { parseBody } from '../../lib/core/body.ts';
import { readClients } from '../../lib/core/clients.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import { parseSignRequest } from '../../lib/core/request.ts';
import { body } from './requests.ts';
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
    fc.property(
      body as fc.Arbitrary<string>,
      fc.constantFrom(undefined, 'orders' as const, 'billing' as const),
      (text, client) => {
        const code = refusal(text, client);
        const asked = JSON.parse(text) as Asked;
        const isWithin = isRequest(asked);
        if (!isWithin) {
          expect(code, `${text} is not within the schema`).toBeDefined();
          seen.refusedByBoth += 1;
        } else if (code === undefined) seen.taken += 1;
        else {
          expect(EXCUSES[code]?.(asked, client), `${text} is within the schema, and refused as ${code}`).toBe(true);
          seen.codes.add(code);
        }
      },
    ),
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
