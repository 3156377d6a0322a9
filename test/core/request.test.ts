import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readClients } from '../../lib/core/clients.ts';
import { isKeyturnError, REQUEST_CODES } from '../../lib/core/errors.ts';
import { DEFAULT_LIMITS, MAX_AUDIENCE_LENGTH, MAX_AUDIENCES, parseSignRequest } from '../../lib/core/request.ts';
import { refusal, refused } from './refused.ts';

const limits = { ...DEFAULT_LIMITS, tokenLifetime: 900, maxTokenLifetime: 3600 };
const parse = (input: unknown) => parseSignRequest(input, limits);
const minimal = { audience: 'orders-api', claims: { sub: 'svc:checkout' } };
const request = (members: object) => ({ ...minimal, ...members });

test('the example of the design', () => {
  const input = {
    audience: 'orders-api',
    scope: 'orders:read',
    expiresIn: 300,
    type: 'JWT',
    claims: { sub: 'svc:checkout', tenant_id: 'acme' },
  };
  expect(parse(input)).toEqual(input);
});

test('what may be left out', () => {
  expect(parse(minimal)).toStrictEqual({ ...minimal, expiresIn: 900, type: 'JWT' });
  expect(parseSignRequest(minimal, { ...limits, maxTokenLifetime: 60 }).expiresIn).toBe(60);
});

test('the default limits', () => {
  const { secretClaims, ...numbers } = DEFAULT_LIMITS;
  expect(numbers).toEqual({ maxBodyBytes: 65_536, maxTokenBytes: 4096, maxClaimDepth: 8, maxClaimValues: 1024 });
  for (const name of ['password', 'apikey', 'clientsecret', 'privatekey', 'token', 'ssn', 'cvv']) {
    expect(secretClaims.has(name)).toBe(true);
  }
});

test.each([
  ['null', null, 'got null'],
  ['an empty array', [], 'got an empty array'],
  ['an array', [minimal], 'got an array of 1'],
  ['a string', JSON.stringify(minimal), 'got a string of 57 characters'],
  ['an empty string', '', 'got an empty string'],
  ['a number', 7, 'got a number'],
  ['a boolean', true, 'got a boolean'],
  ['undefined', undefined, 'got nothing'],
  ['an heir of a request', Object.create(minimal), 'got an object'],
  ['a Map', new Map(Object.entries(minimal)), 'got an object'],
])('%s is no request', (_name, input, got) => {
  const error = refused(() => parse(input));
  expect(`${error.code} ${error.path}`).toBe('body_not_object ');
  expect(error.message).toBe(`the request must be a JSON object, ${got}`);
});

describe('members', () => {
  test.each([
    'aud',
    'issuer',
    'kid',
    'alg',
    'algorithm',
    'header',
    'digest',
    'nbf',
    'sub',
    'Audience',
    'audience ',
    '',
    'toString',
    'requestContext',
    'headers',
    'body',
  ])('%o is unknown', (name) => {
    const error = refused(() => parse(request({ [name]: 1 })));
    expect(`${error.code} ${error.path}`).toBe(`unknown_member /${name}`);
    expect(error.message).toBe(
      `a request has the members audience, scope, expiresIn, type, claims, got ${JSON.stringify(name)}`,
    );
  });

  test('an unknown name is escaped in the path and cut in the sentence', () => {
    expect(refusal(() => parse(request({ 'a/b~': 1 })))).toBe('unknown_member /a~1b~0');
    expect(refused(() => parse(request({ ['\n'.repeat(100)]: 1 }))).message).toMatch(/got "(\\n){64}…"$/);
    expect(refusal(() => parse(request({ ['n'.repeat(257)]: 1 })))).toBe('invalid_string ');
    expect(refusal(() => parse(request({ '\ud800': 1 })))).toBe('invalid_string ');
  });

  test.each(['__proto__', 'constructor', 'prototype'])('%s is forbidden', (name) => {
    expect(refusal(() => parse(JSON.parse(`{"audience":"a","${name}":{},"claims":{"sub":"s"}}`)))).toBe(
      `forbidden_name /${name}`,
    );
    const defined = Object.defineProperty({ ...minimal }, name, { value: {}, enumerable: true });
    expect(refusal(() => parse(defined))).toBe(`forbidden_name /${name}`);
  });

  test('what a polluted prototype brings along is no member', () => {
    const names = ['audience', 'scope', 'expiresIn', 'type'];
    try {
      for (const name of names)
        Object.defineProperty(Object.prototype, name, { value: 'polluted', configurable: true });
      expect(refusal(() => parse({ claims: { sub: 's' } }))).toBe('missing_member /audience');
      expect(parse(minimal)).toStrictEqual({ ...minimal, expiresIn: 900, type: 'JWT' });
    } finally {
      for (const name of names) Reflect.deleteProperty(Object.prototype, name);
    }
  });

  test('a request without a prototype is a request', () => {
    expect(parse(Object.assign(Object.create(null), minimal)).audience).toBe('orders-api');
  });

  test('claims are read by the rules of claims', () => {
    expect(refusal(() => parse({ audience: 'a' }))).toBe('missing_member /claims');
    expect(refusal(() => parse({ audience: 'a', claims: {} }))).toBe('missing_member /claims/sub');
    expect(refusal(() => parse({ audience: 'a', claims: { sub: 's', a: { password: 1 } } }))).toBe(
      'secret_claim /claims/a/password',
    );
  });
});

describe('audience', () => {
  const many = (length: number) => Array.from({ length }, (_, index) => `api-${index}`);
  test.each<[string, unknown]>([
    ['a string', 'a'],
    ['the longest string', 'a'.repeat(MAX_AUDIENCE_LENGTH)],
    ['an array of one', ['a']],
    ['the longest array', many(MAX_AUDIENCES)],
    ['names that differ in case or space only', ['a', 'A', ' a', 'á', 'a\u0301']],
  ])('%s', (_name, audience) => {
    expect(parse(request({ audience })).audience).toEqual(audience);
  });

  test.each<[string, unknown, string]>([
    ['an empty string', '', 'invalid_member /audience'],
    ['257 characters', 'a'.repeat(MAX_AUDIENCE_LENGTH + 1), 'invalid_member /audience'],
    ['null', null, 'invalid_member /audience'],
    ['a number', 7, 'invalid_member /audience'],
    ['an object', { 0: 'a' }, 'invalid_member /audience'],
    ['an empty array', [], 'invalid_member /audience'],
    ['21 entries', many(MAX_AUDIENCES + 1), 'invalid_member /audience'],
    ['an empty entry', ['a', ''], 'invalid_member /audience/1'],
    ['an entry of 257 characters', ['a'.repeat(257)], 'invalid_member /audience/0'],
    ['a number among them', ['a', 'b', 7], 'invalid_member /audience/2'],
    ['an array among them', [['a']], 'invalid_member /audience/0'],
    ['null among them', [null], 'invalid_member /audience/0'],
    ['the same twice', ['a', 'b', 'a'], 'invalid_member /audience/2'],
    ['a lone surrogate', 'a\ud800', 'invalid_string /audience'],
    ['a lone surrogate among them', ['a', '\udfff'], 'invalid_string /audience/1'],
  ])('%s is refused', (_name, audience, expected) => {
    expect(refusal(() => parse(request({ audience })))).toBe(expected);
  });

  test('is mandatory, and the bounds are those of the contract', () => {
    expect(refusal(() => parse({ claims: { sub: 's' } }))).toBe('missing_member /audience');
    expect([MAX_AUDIENCES, MAX_AUDIENCE_LENGTH]).toEqual([20, 256]);
  });
});

describe('scope', () => {
  test.each(['a', 'a b', 'orders:read orders:write', '!#[]~ $%&()*+,-./:;<=>?@^_`{|}', 'a a'])('%s', (scope) => {
    expect(parse(request({ scope })).scope).toBe(scope);
  });
  test.each([
    '',
    ' ',
    ' a',
    'a ',
    'a  b',
    'a\tb',
    'a\nb',
    'a\n',
    'a"b',
    'a\\b',
    'é',
    'a\u00a0b',
    'a\u007f',
    '\u0000',
    'a\ud800',
    null,
    7,
    ['a'],
    {},
  ])('%o is refused', (scope) => {
    expect(refusal(() => parse(request({ scope })))).toBe('invalid_member /scope');
  });

  test('RFC 6749 §3.3, octet by octet', () => {
    for (let code = 0; code < 256; code += 1) {
      const allowed = code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e);
      const scope = `${String.fromCharCode(code)}`;
      if (allowed) expect(parse(request({ scope })).scope).toBe(scope);
      else expect(refusal(() => parse(request({ scope })))).toBe('invalid_member /scope');
    }
  });

  test('a long scope that fails at its end takes no time', () => {
    const start = performance.now();
    expect(refusal(() => parse(request({ scope: `${'a '.repeat(500_000)}"` })))).toBe('invalid_member /scope');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('expiresIn', () => {
  test.each([1, 2, 899, 3599, 3600])('%d', (expiresIn) => {
    expect(parse(request({ expiresIn })).expiresIn).toBe(expiresIn);
  });
  test.each<[unknown, string]>([
    [0, 'invalid_member /expiresIn'],
    [-0, 'invalid_member /expiresIn'],
    [-1, 'invalid_member /expiresIn'],
    [0.5, 'invalid_member /expiresIn'],
    [300.5, 'invalid_member /expiresIn'],
    ['300', 'invalid_member /expiresIn'],
    ['5m', 'invalid_member /expiresIn'],
    [null, 'invalid_member /expiresIn'],
    [true, 'invalid_member /expiresIn'],
    [3601, 'lifetime_too_long /expiresIn'],
    [Number.MAX_SAFE_INTEGER, 'lifetime_too_long /expiresIn'],
    [2 ** 53, 'unsafe_number /expiresIn'],
    [Number.POSITIVE_INFINITY, 'unsafe_number /expiresIn'],
    [Number.NaN, 'unsafe_number /expiresIn'],
  ])('%o is refused', (expiresIn, expected) => {
    expect(refusal(() => parse(request({ expiresIn })))).toBe(expected);
  });
  test('the refusal has the actual and the highest value', () => {
    expect(refused(() => parse(request({ expiresIn: 7200 }))).message).toBe(
      'expiresIn must be at most 3600 s, got 7200 s',
    );
  });
});

describe('type', () => {
  test.each([
    '',
    'jwt',
    'at+JWT',
    'application/at+jwt',
    'keyturn-canary+jwt',
    'JOSE',
    null,
    1,
    ['JWT'],
    { toString: 1 },
  ])('%o is refused', (type) => {
    expect(refusal(() => parse(request({ type })))).toBe('invalid_member /type');
  });
  test('at+jwt needs a client', () => {
    const error = refused(() => parse(request({ type: 'at+jwt' })));
    expect(`${error.code} ${error.path}`).toBe('invalid_member /type');
    expect(error.message).toBe('type at+jwt needs a client, and the request came without one');
    const client = readClients({ orders: { audiences: ['orders-api'] } }).get('orders');
    expect(parseSignRequest(request({ type: 'at+jwt' }), limits, client).type).toBe('at+jwt');
    expect(parseSignRequest(request({ type: 'JWT' }), limits, client).type).toBe('JWT');
    expect(parseSignRequest(minimal, limits, client).type).toBe('JWT');
  });
});

describe('whatever the request', () => {
  const member = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      '',
      'JWT',
      'at+jwt',
      ['a', 'a'],
      [''],
      0,
      1.5,
      4000,
      300,
      Number.POSITIVE_INFINITY,
      'a b',
      'a  b',
      { sub: 's' },
      { sub: '' },
      { sub: 's', iss: 1 },
    ),
  );
  const input = fc.record(
    { audience: member, scope: member, expiresIn: member, type: member, claims: member, other: member },
    { requiredKeys: [] },
  );

  test('it is parsed to something that parses to itself, or refused in a code of the contract', () => {
    fc.assert(
      fc.property(fc.oneof(input, fc.jsonValue()), (value) => {
        try {
          const parsed = parse(value);
          expect(parse(parsed)).toStrictEqual(parsed);
          expect(value).toMatchObject(parsed.scope === undefined ? {} : { scope: parsed.scope });
        } catch (error) {
          if (!isKeyturnError(error)) throw error;
          expect(Object.keys(REQUEST_CODES)).toContain(error.code);
          expect(error.path).toMatch(/^($|\/)/);
          expect(error.message).toMatch(/^[a-z][^\n]*[^.]$/);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('no sentence, path or cause repeats a value', () => {
    const marker = 'XmarkerX';
    const marked = fc.constantFrom<unknown>(
      marker,
      `${marker}\ud800`,
      `${marker}"`,
      ` ${marker}`,
      marker.repeat(100),
      [marker, marker],
      [`${marker}\udc00`],
      { a: marker },
      { sub: [marker] },
      { sub: `${marker}\ud800` },
      { sub: marker, password: marker },
      { sub: marker, iss: marker },
      { sub: 's', a: [[[[[[[[[marker]]]]]]]]] },
      { sub: marker.repeat(50) },
      { sub: 's', a: [marker, Number.NaN] },
    );
    const mixed = fc.record(
      {
        audience: fc.oneof(marked, fc.constant('a')),
        scope: fc.oneof(marked, fc.constant('a')),
        expiresIn: fc.oneof(marked, fc.constant(1)),
        type: fc.oneof(marked, fc.constant('JWT')),
        claims: marked,
        other: marked,
      },
      { requiredKeys: ['claims'] },
    );
    let refusals = 0;
    fc.assert(
      fc.property(mixed, (value) => {
        try {
          parse(value);
        } catch (error) {
          if (!isKeyturnError(error)) throw error;
          refusals += 1;
          expect(`${error.message} ${error.path}`).not.toContain(marker);
          expect(error.cause).toBeUndefined();
        }
      }),
      { numRuns: 3000 },
    );
    expect(refusals).toBeGreaterThan(1000);
  });
});
