import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkClientRules } from '../../lib/core/client-rules.ts';
import { type Client, readClients } from '../../lib/core/clients.ts';
import { isKeyturnError } from '../../lib/core/errors.ts';
import { DEFAULT_SECRET_CLAIMS } from '../../lib/core/names.ts';
import { DEFAULT_LIMITS, parseSignRequest } from '../../lib/core/request.ts';
import { refusal, refused } from './refused.ts';

const RULES = {
  orders: {
    audiences: ['orders-api', 'https://billing.example'],
    scopes: ['orders:read', 'orders:write'],
    claims: ['tenant_id', 'Region'],
    fixedClaims: { env: 'prod', team: { id: 7 } },
    maxLifetime: '5m',
  },
  billing: { subject: 'svc:billing', audiences: ['billing-api'] },
};
const parse = (input: unknown) => readClients(checkClientRules(input, DEFAULT_SECRET_CLAIMS));
const clients = parse(RULES);
const client = (name: string) => clients.get(name) as Client;
const limits = { ...DEFAULT_LIMITS, tokenLifetime: 900, maxTokenLifetime: 3600 };
const ask = (name: string, input: unknown) => parseSignRequest(input, limits, client(name));
const asked = (members: object) => ({ audience: 'orders-api', claims: { sub: 'svc:checkout' }, ...members });

describe('rules', () => {
  test.each([
    [null, 'clients must be an object, got null'],
    [[], 'clients must be an object, got []'],
    [{ orders: 'x' }, 'clients.orders must be an object, got "x"'],
    [{ orders: { audience: ['x'] } }, 'clients.orders.audience is not a rule; there are subject, audiences, scopes'],
    [{ orders: {} }, 'clients.orders.audiences must be a list of strings, got undefined'],
    [{ orders: { audiences: [] } }, 'clients.orders.audiences must name at least one audience'],
    [{ orders: { audiences: 'x' } }, 'clients.orders.audiences must be a list of strings, got "x"'],
    [{ orders: { audiences: ['x', 'x'] } }, 'clients.orders.audiences names the same twice'],
    [{ orders: { audiences: [''] } }, 'clients.orders.audiences has "", which no request could ask for'],
    [{ orders: { audiences: [7] } }, 'clients.orders.audiences has 7, which no request could ask for'],
    [{ orders: { audiences: ['a'.repeat(257)] } }, 'which no request could ask for'],
    [{ orders: { audiences: ['\ud800'] } }, 'which no request could ask for'],
    [{ orders: { audiences: ['x'], scopes: ['a b'] } }, 'clients.orders.scopes has "a b", which no request could ask'],
    [{ orders: { audiences: ['x'], claims: ['sub'] } }, 'clients.orders.claims has "sub", which no request could ask'],
    [{ orders: { audiences: ['x'], claims: ['iss'] } }, 'clients.orders.claims has "iss", which no request could ask'],
    [{ orders: { audiences: ['x'], claims: ['password'] } }, 'clients.orders.claims has "password", which no request'],
    [
      { orders: { audiences: ['x'], claims: ['__proto__'] } },
      'clients.orders.claims has "__proto__", which no request',
    ],
    [
      { orders: { audiences: ['x'], subject: '' } },
      'clients.orders.subject cannot be a sub: sub must be a string of 1',
    ],
    [{ orders: { audiences: ['x'], subject: 7 } }, 'clients.orders.subject cannot be a sub: sub must be a string of 1'],
    [{ orders: { audiences: ['x'], subject: 'b' }, b: { audiences: ['x'] } }, 'must not be the name of another client'],
    [{ orders: { audiences: ['x'], fixedClaims: { sub: 'x' } } }, 'fixedClaims must not hold sub: subject fixes it'],
    [{ orders: { audiences: ['x'], fixedClaims: { exp: 1 } } }, 'cannot be in a token: claims must not hold exp'],
    [{ orders: { audiences: ['x'], fixedClaims: { pin: 1 } } }, 'a claim must not be named like a secret, got "pin"'],
    [{ orders: { audiences: ['x'], fixedClaims: { n: 2 ** 60 } } }, 'cannot be in a token: a number must be finite'],
    [{ orders: { audiences: ['x'], fixedClaims: [] } }, 'clients.orders.fixedClaims must be an object, got []'],
    [{ orders: { audiences: ['x'], claims: ['e'], fixedClaims: { e: 1 } } }, 'must either fix the claim e or let'],
    [{ orders: { audiences: ['x'], maxLifetime: 300 } }, 'clients.orders.maxLifetime must be a duration such as'],
    [{ orders: { audiences: ['x'], maxLifetime: '0s' } }, 'clients.orders.maxLifetime must be at least 1s, got 0s'],
  ])('%j is refused', (input, sentence) => {
    const error = refused(() => parse(input));
    expect(error.code).toBe('policy_invalid');
    expect(error.message).toContain(sentence);
  });

  test.each([
    'any',
    'canary',
    '',
    'Orders',
    'orders_api',
    '1st',
    'a--b',
    'a-',
    '-a',
    'a-1',
    'constructor ',
    'a'.repeat(65),
  ])('nobody is called %o', (name) =>
    expect(refused(() => parse({ [name]: RULES.billing })).message).toMatch(/^a client's name must be words/),
  );
  test.each(['orders', 'a', 'orders-api-v2', 'constructor'])('somebody may be called %o', (name) => {
    expect(parse({ [name]: RULES.billing }).has(name)).toBe(true);
  });
});

describe('a request', () => {
  test('gets what the rules allow, with what they fix', () => {
    const claims = { sub: 'svc:checkout', tenant_id: 'acme', Region: 'eu' };
    const input = asked({ scope: 'orders:write orders:read', expiresIn: 300, type: 'at+jwt', claims });
    expect(ask('orders', input)).toEqual({
      ...input,
      claims: { env: 'prod', team: { id: 7 }, ...claims },
      clientId: 'orders',
    });
  });
  test('has the lifetime of the rules, unless it names a shorter one', () => {
    expect(ask('orders', asked({})).expiresIn).toBe(300);
    expect(ask('orders', asked({ expiresIn: 299 })).expiresIn).toBe(299);
    expect(refused(() => ask('orders', asked({ expiresIn: 301 }))).message).toBe(
      'expiresIn must be at most 300 s, got 301 s',
    );
    const long = parse({ orders: { ...RULES.orders, maxLifetime: '2h' } }).get('orders');
    expect(refusal(() => parseSignRequest(asked({ expiresIn: 3601 }), limits, long))).toBe(
      'lifetime_too_long /expiresIn',
    );
  });
  test('needs no sub where the rules fix it', () => {
    const audience = 'billing-api';
    for (const input of [{ audience }, { audience, claims: {} }, { audience, claims: { sub: 'svc:billing' } }]) {
      expect(ask('billing', input).claims).toEqual({ sub: 'svc:billing' });
    }
    expect(refusal(() => ask('orders', { audience: 'orders-api' }))).toBe('missing_member /claims');
  });
  test('may be about the client itself', () => {
    expect(ask('orders', asked({ claims: { sub: 'orders' } })).claims.sub).toBe('orders');
  });

  test.each([
    ['orders', asked({ audience: 'orders-api ' }), 'audience_not_allowed /audience'],
    ['orders', asked({ audience: 'Orders-api' }), 'audience_not_allowed /audience'],
    ['orders', asked({ audience: 'orders-ap' }), 'audience_not_allowed /audience'],
    ['orders', asked({ audience: 'orders-api-2' }), 'audience_not_allowed /audience'],
    ['orders', asked({ audience: 'https://billing.example/' }), 'audience_not_allowed /audience'],
    ['orders', asked({ audience: 'constructor' }), 'audience_not_allowed /audience'],
    ['orders', asked({ audience: '__proto__' }), 'audience_not_allowed /audience'],
    ['orders', asked({ audience: ['orders-api', 'billing-api'] }), 'audience_not_allowed /audience/1'],
    ['billing', asked({}), 'audience_not_allowed /audience'],
    ['orders', asked({ scope: 'orders:read orders' }), 'scope_not_allowed /scope'],
    ['orders', asked({ scope: 'ORDERS:READ' }), 'scope_not_allowed /scope'],
    ['billing', asked({ audience: 'billing-api', scope: 'orders:read', claims: {} }), 'scope_not_allowed /scope'],
    ['orders', asked({ claims: { sub: 'x', tenant: 'acme' } }), 'claim_not_allowed /claims/tenant'],
    ['orders', asked({ claims: { sub: 'x', region: 'eu' } }), 'claim_not_allowed /claims/region'],
    ['orders', asked({ claims: { sub: 'x', toString: 'eu' } }), 'claim_not_allowed /claims/toString'],
    ['orders', asked({ claims: { sub: 'x', env: 'prod' } }), 'claim_not_allowed /claims/env'],
    ['orders', asked({ claims: { sub: 'billing' } }), 'subject_not_allowed /claims/sub'],
    ['billing', asked({ audience: 'billing-api', claims: { sub: 'svc:billing ' } }), 'subject_not_allowed /claims/sub'],
    ['orders', asked({ claims: { sub: 'x', client_id: 'billing' } }), 'reserved_claim /claims/client_id'],
    [
      'orders',
      JSON.parse('{"audience":"orders-api","claims":{"sub":"x","__proto__":1}}'),
      'forbidden_name /claims/__proto__',
    ],
    ['orders', asked({ claims: { sub: 'x', password: 1 } }), 'secret_claim /claims/password'],
    ['orders', asked({ claims: [] }), 'invalid_member /claims'],
  ])('of %s for %j is refused', (name, input, expected) => {
    expect(refusal(() => ask(name, input))).toBe(expected);
  });
  test('is told what it may ask for, and nothing of what it asked for', () => {
    const error = refused(() => ask('orders', asked({ audience: 'wrong-secret' })));
    expect(error.message).toBe('client orders may ask for audience orders-api, https://billing.example, got another');
  });
});

describe('whatever is asked for', () => {
  // What is allowed comes often, so that one forbidden thing is often the only one.
  const word = fc.constantFrom(
    'orders-api',
    'orders-api',
    'https://billing.example',
    'billing-api',
    'orders',
    'billing',
    'x',
  );
  const name = fc.constantFrom(
    'tenant_id',
    'tenant_id',
    'tenant_id',
    'Region',
    'Region',
    'region',
    'env',
    'team',
    'constructor',
    '__proto__',
    'iss',
    'pin',
    'q',
  );
  const input = fc.record(
    {
      audience: fc.oneof(word, fc.uniqueArray(word, { minLength: 1, maxLength: 3 })),
      scope: fc.constantFrom('orders:read', 'orders:write', 'orders:read orders:write', 'orders'),
      expiresIn: fc.integer({ min: 1, max: 350 }),
      type: fc.constantFrom('JWT', 'at+jwt'),
      claims: fc
        .tuple(fc.option(word), fc.dictionary(name, fc.jsonValue(), { maxKeys: 2 }))
        .map(([sub, claims]) => ({ ...claims, ...(sub !== null && { sub }) })),
    },
    { requiredKeys: ['audience'] },
  );

  test('what comes out is within the rules, and what is within the rules comes out', () => {
    let passed = 0;
    fc.assert(
      fc.property(fc.constantFrom('orders', 'billing'), input, (who, value) => {
        const rules: Client = client(who);
        const within = isWithin(rules, value as Asked);
        try {
          const request = ask(who, value);
          passed += 1;
          expect(request.clientId).toBe(who);
          expect(request.expiresIn).toBeLessThanOrEqual(rules.maxLifetime ?? limits.maxTokenLifetime);
          expect(request.claims).toMatchObject(rules.fixedClaims);
          expect(within).toBe(true);
        } catch (error) {
          if (!isKeyturnError(error)) throw error;
          expect(within).toBe(false);
        }
      }),
      { numRuns: 3000 },
    );
    expect(passed).toBeGreaterThan(50);
  });

  interface Asked {
    audience: string | string[];
    scope?: string;
    expiresIn?: number;
    claims?: Record<string, unknown>;
  }
  /** Said a second time, in other words than the code's. */
  function isWithin(rules: Client, { audience, scope = '', expiresIn = 1, claims = {} }: Asked): boolean {
    const known = who(rules);
    const sub = claims.sub ?? known.subject;
    const names = Object.keys(claims).filter((name) => name !== 'sub');
    return (
      [audience].flat().every((entry) => known.audiences.includes(entry)) &&
      scope.split(' ').every((token) => token === '' || known.scopes.includes(token)) &&
      expiresIn <= (known.maxLifetime ?? 3600) &&
      names.every((name) => known.claims.includes(name)) &&
      typeof sub === 'string' &&
      (known.subject === undefined || sub === known.subject) &&
      !(sub in RULES && sub !== rules.id) &&
      names.every((name) => JSON.stringify(claims[name]).length < 2000 && isPlain(claims[name], 7))
    );
  }
  const who = ({ id }: Client) =>
    id === 'orders'
      ? { ...RULES.orders, subject: undefined, maxLifetime: 300 }
      : { ...RULES.billing, scopes: [] as string[], claims: [] as string[], maxLifetime: undefined };
  function isPlain(value: unknown, depth: number): boolean {
    if (typeof value === 'number')
      return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (typeof value !== 'object' || value === null) return true;
    if (depth === 0) return false;
    const keys = Array.isArray(value) ? [] : Object.keys(value);
    const isNameless = keys.every((key) => !['__proto__', 'constructor', 'prototype'].includes(key));
    return isNameless && Object.values(value).every((entry) => isPlain(entry, depth - 1));
  }
});
