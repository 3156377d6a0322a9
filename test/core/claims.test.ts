import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildClaims, checkClaims, MAX_SUBJECT_LENGTH } from '../../lib/core/claims.ts';
import { isKeyturnError, REQUEST_CODES } from '../../lib/core/errors.ts';
import { isSafeNumber } from '../../lib/core/json.ts';
import { signingInput } from '../../lib/core/jws.ts';
import { DEFAULT_SECRET_CLAIMS, MAX_NAME_LENGTH, RESERVED_CLAIMS, secretNames } from '../../lib/core/names.ts';
import { DEFAULT_LIMITS, type SignRequest } from '../../lib/core/request.ts';
import { refusal, refused } from './refused.ts';

const check = (claims: unknown, limits = {}) => checkClaims(claims, '/claims', { ...DEFAULT_LIMITS, ...limits });
const withSub = (claims: object) => ({ sub: 'svc:checkout', ...claims });

test('claims that break no rule are handed on as they are', () => {
  const claims = withSub({
    tenant_id: 'acme',
    roles: ['a', 'a'],
    limit: -1.5,
    admin: false,
    none: null,
    'a/b': { '': [] },
  });
  expect(check(claims)).toBe(claims);
  const bare: Record<string, unknown> = Object.assign(Object.create(null), { sub: 's', nested: Object.create(null) });
  expect(check(bare)).toBe(bare);
});

test.each([
  [undefined, 'missing_member /claims'],
  [null, 'invalid_member /claims'],
  [[], 'invalid_member /claims'],
  ['claims', 'invalid_member /claims'],
  [7, 'invalid_member /claims'],
  [new Map([['sub', 's']]), 'invalid_member /claims'],
  [Object.create({ sub: 's' }), 'invalid_member /claims'],
])('claims of %s are refused', (claims, expected) => {
  expect(refusal(() => check(claims))).toBe(expected);
});

describe('sub', () => {
  test.each([
    [{}, 'missing_member /claims/sub'],
    [{ sub: '' }, 'invalid_member /claims/sub'],
    [{ sub: null }, 'invalid_member /claims/sub'],
    [{ sub: 7 }, 'invalid_member /claims/sub'],
    [{ sub: ['s'] }, 'invalid_member /claims/sub'],
    [{ sub: 's'.repeat(MAX_SUBJECT_LENGTH + 1) }, 'invalid_member /claims/sub'],
    [{ sub: 'a\ud800' }, 'invalid_string /claims/sub'],
  ])('%o is refused', (claims, expected) => {
    expect(refusal(() => check(claims))).toBe(expected);
  });

  test('may have 1 to 255 characters, and a colon', () => {
    for (const sub of ['s', 's'.repeat(MAX_SUBJECT_LENGTH), 'svc:checkout', 'https://example.com/ž']) check({ sub });
    expect(MAX_SUBJECT_LENGTH).toBe(255);
  });
});

describe('names', () => {
  test.each(['iss', 'iat', 'exp', 'nbf', 'jti', 'client_id', 'scope', 'aud'])('%s is set by others', (name) => {
    expect(RESERVED_CLAIMS.size).toBe(8);
    expect(refusal(() => check(withSub({ [name]: null })))).toBe(`reserved_claim /claims/${name}`);
    check(withSub({ nested: { [name]: 1 }, [name.toUpperCase()]: 1 }));
  });

  test('the refusal of a reserved claim names what to use instead', () => {
    expect(refused(() => check(withSub({ aud: 'a' }))).message).toBe(
      'claims must not hold aud: ask with the member audience',
    );
    expect(refused(() => check(withSub({ exp: 1 }))).message).toBe(
      'claims must not hold exp: ask with the member expiresIn',
    );
    expect(refused(() => check(withSub({ scope: 1 }))).message).toMatch(/ask with the member scope$/);
    expect(refused(() => check(withSub({ iss: 1 }))).message).toMatch(/the issuer sets it$/);
  });

  test.each(['__proto__', 'constructor', 'prototype'])('%s is forbidden at any depth', (name) => {
    const own = (value: unknown) => Object.defineProperty({}, name, { value, enumerable: true });
    expect(refusal(() => check(withSub({ a: own(1) })))).toBe(`forbidden_name /claims/a/${name}`);
    expect(refusal(() => check(withSub({ a: [0, { b: own({}) }] })))).toBe(`forbidden_name /claims/a/1/b/${name}`);
    expect(refusal(() => check(JSON.parse(`{"sub":"s","${name}":{}}`)))).toBe(`forbidden_name /claims/${name}`);
  });

  test('other names of Object.prototype are names like any other', () => {
    check(withSub({ toString: 1, hasOwnProperty: 2, valueOf: 3, toJSON: 4, __proto: 5, proto: 6 }));
  });

  test.each([
    ['password', 'password'],
    ['PassWord', 'PassWord'],
    ['pass_word', 'pass_word'],
    ['Client-Secret', 'Client-Secret'],
    ['clientSecret', 'clientSecret'],
    ['API key', 'API key'],
    ['_token_', '_token_'],
  ])('%s is named like a secret', (name, path) => {
    expect(refusal(() => check(withSub({ [name]: 1 })))).toBe(`secret_claim /claims/${path}`);
    expect(refusal(() => check(withSub({ a: [{ [name]: 1 }] })))).toBe(`secret_claim /claims/a/0/${path}`);
    expect(refused(() => check(withSub({ [name]: 1 }))).message).toContain(`got "${name}"`);
  });

  test('every name of the list is refused, and only whole names', () => {
    for (const name of DEFAULT_SECRET_CLAIMS) {
      expect(refusal(() => check(withSub({ [name]: 1 })))).toBe(`secret_claim /claims/${name}`);
    }
    check(withSub({ token_use: 'access', password_changed_at: 1, pinned: true, authorization_details: [], tokens: 3 }));
  });

  test('the list is the deployer’s', () => {
    const secretClaims = secretNames(['Salary-Band']);
    check(withSub({ password: 1 }), { secretClaims });
    expect(refusal(() => check(withSub({ salaryBand: 1 }), { secretClaims }))).toBe('secret_claim /claims/salaryBand');
    check(withSub({ password: 1 }), { secretClaims: secretNames([]) });
  });

  test('a lone surrogate in a name is refused at its parent', () => {
    expect(refusal(() => check(withSub({ '\ud800': 1 })))).toBe('invalid_string /claims');
    expect(refusal(() => check(withSub({ a: [{ 'x\udc00y': 1 }] })))).toBe('invalid_string /claims/a/0');
    check(withSub({ '\ud83d\udd11': 1 }));
  });

  test('a name may have 256 characters', () => {
    check(withSub({ ['n'.repeat(MAX_NAME_LENGTH)]: 1 }));
    expect(refusal(() => check(withSub({ ['n'.repeat(MAX_NAME_LENGTH + 1)]: 1 })))).toBe('invalid_string /claims');
    expect(MAX_NAME_LENGTH).toBe(256);
  });

  test('names are escaped in a path', () => {
    expect(refusal(() => check(withSub({ 'a/b~c~1': { '': [Number.NaN] } })))).toBe(
      'unsafe_number /claims/a~1b~0c~01//0',
    );
  });

  test('names are quoted and cut in a sentence', () => {
    const name = `pass word`;
    const secretClaims = secretNames([`x\n${name.repeat(30)}`]);
    const { message } = refused(() =>
      check(withSub({ [`x\n${name.repeat(20)}`]: 1, [`x\n${name.repeat(30)}`.slice(0, 256)]: 1 }), {
        secretClaims: secretNames([`x\n${name.repeat(20)}`, ...secretClaims]),
      }),
    );
    expect(message).toMatch(/got "x\\npass word.{50,60}…": anyone can read a token$/);
  });
});

describe('values', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, -(2 ** 53), 1e20, 1e308])(
    '%d is refused',
    (value) => {
      expect(refusal(() => check(withSub({ a: value })))).toBe('unsafe_number /claims/a');
      expect(refusal(() => check(withSub({ a: [0, { b: value }] })))).toBe('unsafe_number /claims/a/1/b');
    },
  );
  test.each([0, -0, 2 ** 53 - 1, 1 - 2 ** 53, 0.1, 5e-324, -1.5])('%d is accepted', (value) => {
    check(withSub({ a: value, b: [value] }));
  });

  test.each(['\ud800', '\udc00', 'a\udc00\ud800', '\ud83d'])('a lone surrogate is refused: %o', (value) => {
    expect(refusal(() => check(withSub({ a: value })))).toBe('invalid_string /claims/a');
    expect(refusal(() => check(withSub({ a: [[value]] })))).toBe('invalid_string /claims/a/0/0');
  });

  test.each([
    ['undefined', undefined],
    ['a bigint', 1n],
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['bytes', new Uint8Array(2)],
    ['an heir', Object.create({ a: 1 })],
    ['a boxed string', Object('s')],
  ])('%s is no JSON', (_name, value) => {
    expect(refusal(() => check(withSub({ a: value })))).toBe('invalid_member /claims/a');
    expect(refusal(() => check(withSub({ a: [value] })))).toBe('invalid_member /claims/a/0');
  });

  test('a hole in an array is no JSON', () => {
    const holes: unknown[] = [1];
    holes[2] = 1;
    expect(refusal(() => check(withSub({ a: holes })))).toBe('invalid_member /claims/a/1');
  });
});

describe('size', () => {
  const nested = (levels: number, leaf: unknown): unknown => (levels === 0 ? leaf : { a: nested(levels - 1, leaf) });
  test('8 levels below claims, and no more', () => {
    check(withSub({ top: nested(7, { leaf: 1 }) }));
    check(withSub({ top: nested(7, []) }));
    expect(refusal(() => check(withSub({ top: nested(8, {}) })))).toBe(`too_deep /claims/top${'/a'.repeat(8)}`);
    expect(refusal(() => check(withSub({ top: nested(8, []) })))).toBe(`too_deep /claims/top${'/a'.repeat(8)}`);
    expect(refusal(() => check(withSub({ top: nested(5000, 1) })))).toBe(`too_deep /claims/top${'/a'.repeat(8)}`);
  });

  test('a value that holds itself is refused', () => {
    const ring: unknown[] = [];
    ring.push(ring);
    expect(refusal(() => check(withSub({ ring })))).toBe(`too_deep /claims/ring${'/0'.repeat(8)}`);
  });

  test('1,024 values at all levels, and no more', () => {
    const zeros = (length: number) => Array.from({ length }, () => 0);
    check(withSub({ a: zeros(1022) }));
    const error = refused(() => check(withSub({ a: zeros(1023) })));
    expect(`${error.code} ${error.path}`).toBe('token_too_large /claims/a');
    expect(error.message).toBe('claims must hold at most 1024 values, got more');
    check(withSub({ a: zeros(510), b: zeros(511) }));
    expect(refusal(() => check(withSub({ a: zeros(511), b: zeros(511) })))).toBe('token_too_large /claims/b');
    check(withSub({ a: [{ b: 1 }, { c: [] }] }), { maxClaimValues: 6 });
    expect(refusal(() => check(withSub({ a: [{ b: 1 }, { c: [] }] }), { maxClaimValues: 5 }))).toBe(
      'token_too_large /claims/a/1',
    );
  });
});

describe('buildClaims', () => {
  const request: SignRequest = {
    audience: 'orders-api',
    scope: 'orders:read',
    expiresIn: 300,
    type: 'at+jwt',
    claims: { tenant: 'acme', sub: 'svc:checkout', a: [1] },
    clientId: 'orders',
  };
  const issuance = {
    issuer: 'https://issuer.example',
    jti: 'j',
    issuedAt: 1764000000,
    expiresAt: 1764000300,
  };

  test('writes the issuer’s members first, in a fixed order', () => {
    expect(JSON.stringify(buildClaims(request, issuance))).toBe(
      '{"iss":"https://issuer.example","sub":"svc:checkout","aud":"orders-api","iat":1764000000,"exp":1764000300,"jti":"j","client_id":"orders","scope":"orders:read","tenant":"acme","a":[1]}',
    );
  });

  test('leaves out what there is none of', () => {
    const { scope: _, clientId: __, ...rest } = request;
    const built = buildClaims({ ...rest, audience: ['a', 'b'] }, issuance);
    expect(Object.keys(built)).toEqual(['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'tenant', 'a']);
    expect(built.aud).toEqual(['a', 'b']);
  });

  test('leaves the request as it was', () => {
    const before = structuredClone(request);
    buildClaims(request, issuance);
    expect(request).toEqual(before);
  });
});

test('any JSON is refused in a code of the contract, or comes back exactly', () => {
  const names = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.constantFrom(
      'sub',
      'aud',
      'iss',
      'password',
      '__proto__',
      'constructor',
      'a/b',
      '~',
      '',
      '1',
      'toJSON',
      '\ud800',
      'tenant',
    ),
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.double(),
        fc.maxSafeInteger(),
        fc.integer(),
        fc.boolean(),
        fc.constantFrom(null, '\udfff', -0, 2 ** 53),
      ),
      fc.array(tie('json')),
      fc.array(fc.tuple(names, tie('json'))).map(fromEntries),
    ),
  }));
  const claims = fc
    .tuple(fc.array(fc.tuple(names, json), { maxLength: 4 }), fc.boolean())
    .map(([members, sub]) => fromEntries(sub ? [['sub', 's'], ...members] : members));
  let accepted = 0;
  fc.assert(
    fc.property(claims, (value) => {
      try {
        const request: SignRequest = { audience: 'a', expiresIn: 1, type: 'JWT', claims: check(value) };
        const built = buildClaims(request, { issuer: 'i', jti: 'j', issuedAt: 1, expiresAt: 2 });
        const payload = signingInput({ algorithm: 'RS256', kid: 'k', type: 'JWT' }, built).split('.')[1] ?? '';
        const { iss, aud, iat, exp, jti, ...rest } = JSON.parse(Buffer.from(payload, 'base64url').toString());
        expect({ iss, aud, iat, exp, jti }).toEqual({ iss: 'i', aud: 'a', iat: 1, exp: 2, jti: 'j' });
        expect(rest).toStrictEqual(withoutMinusZero(value));
        accepted += 1;
      } catch (error) {
        if (!isKeyturnError(error)) throw error;
        expect(Object.keys(REQUEST_CODES)).toContain(error.code);
        expect(error.path).toMatch(/^\/claims/);
      }
    }),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(500);
});

/** As JSON.parse makes an object: every name becomes a member of its own, `__proto__` too. */
function fromEntries(entries: [string, unknown][]): object {
  const object = {};
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return object;
}
/** JSON.stringify writes -0 as 0; everything else is to be as it was. */
function withoutMinusZero(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value;
  return fromEntries(Object.entries(value).map(([name, member]) => [name, withoutMinusZero(member)]));
}

test('a safe number is finite and, if an integer, safe', () => {
  fc.assert(
    fc.property(
      fc.double(),
      (value) => isSafeNumber(value) === (Number.isFinite(value) && (value % 1 !== 0 || Math.abs(value) < 2 ** 53)),
    ),
  );
});

test.each([
  [undefined, 'claims must be given: an object with sub'],
  [[], 'claims must be an object, got an empty array'],
  [{}, 'claims must hold sub'],
  [withSub(JSON.parse(`${'{"a":'.repeat(9)}{}${'}'.repeat(9)}`)), 'claims must nest at most 8 levels, got more'],
  [withSub({ a: '\ud800' }), 'a string must not have a lone surrogate'],
  [withSub({ a: 1n }), 'a claim must be a JSON value, got a bigint'],
])('says in words what is wrong: %#', (claims, sentence) => {
  expect(refused(() => check(claims)).message).toBe(sentence);
});
