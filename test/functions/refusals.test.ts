import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Issuer, type Problem, REQUEST, startSigning } from './issuer.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning();
  await issuer.sign();
});
afterAll(() => issuer?.close());

const text = JSON.stringify(REQUEST);
const claims = (more: object) => ({ ...REQUEST, claims: { ...REQUEST.claims, ...more } });
const MEGABYTE = 1024 * 1024;

/** `pointer` undefined: the problem has none. */
const REFUSED: [name: string, body: unknown, status: number, code: string, pointer?: string][] = [
  ['bad JSON', '{"audience":', 400, 'body_not_json', ''],
  ['an empty body', '', 400, 'body_not_json', ''],
  ['an array', [REQUEST], 400, 'body_not_object', ''],
  ['null', 'null', 400, 'body_not_object', ''],
  ['a string', '"x"', 400, 'body_not_object', ''],
  ['a byte order mark', `\ufeff${text}`, 400, 'body_not_json', ''],
  ['bytes that are no UTF-8', Buffer.from(text.replace('svc', '\xff\xfe'), 'latin1'), 400, 'body_not_json', ''],
  ['a body of 64 KiB and one byte', text.padEnd(65_537), 413, 'body_too_large', ''],
  ['a body of 5 MiB', text.padEnd(5 * MEGABYTE), 413, 'body_too_large', ''],
  ['a body of 10 MiB', text.padEnd(10 * MEGABYTE), 413, 'RequestEntityTooLargeException'],
  ['a member twice', text.replace('{', '{"audience":"other",'), 400, 'duplicate_member', '/audience'],
  ['a claim twice', text.replace('"sub"', '"sub":"other","sub"'), 400, 'duplicate_member', '/claims/sub'],
  ['an unknown member', { ...REQUEST, expires_in: 60 }, 400, 'unknown_member', '/expires_in'],
  ['no audience', { claims: REQUEST.claims }, 400, 'missing_member', '/audience'],
  ['no claims', { audience: 'a' }, 400, 'missing_member', '/claims'],
  ['no subject', { audience: 'a', claims: {} }, 400, 'missing_member', '/claims/sub'],
  ['a scope that is a list', { ...REQUEST, scope: ['orders:read'] }, 400, 'invalid_member', '/scope'],
  ['an access token without a client', { ...REQUEST, type: 'at+jwt' }, 400, 'invalid_member', '/type'],
  ['a reserved claim', claims({ iss: 'https://mallory.example' }), 400, 'reserved_claim', '/claims/iss'],
  ['a claim named like a secret', claims({ user: { Pass_Word: 'x' } }), 400, 'secret_claim', '/claims/user/Pass_Word'],
  ['a name with a meaning', text.replace('"sub"', '"__proto__":{},"sub"'), 400, 'forbidden_name', '/claims/__proto__'],
  ['a lifetime over the maximum', { ...REQUEST, expiresIn: 3601 }, 400, 'lifetime_too_long', '/expiresIn'],
  ['a lifetime of nothing', { ...REQUEST, expiresIn: 0 }, 400, 'invalid_member', '/expiresIn'],
  ['a number out of range', text.replace('"sub"', '"n":1e400,"sub"'), 400, 'unsafe_number', '/claims/n'],
  ['a lone surrogate', text.replace('svc', '\\ud800'), 400, 'invalid_string', '/claims/sub'],
  ['claims nested too deep', claims({ a: [[[[[[[[[1]]]]]]]]] }), 400, 'too_deep', '/claims/a/0/0/0/0/0/0/0/0'],
  ['claims for more than 4,096 bytes', claims({ long: 'x'.repeat(4000) }), 413, 'token_too_large'],
];

test.for(REFUSED)('%s', async ([, body, status, code, pointer]) => {
  issuer.calls.length = 0;
  const response = await issuer.post(body);
  const problem = (await response.json()) as Problem;
  expect({ status: response.status, code: problem.code, pointer: problem.pointer }).toEqual({ status, code, pointer });
  expect(problem.status).toBe(status);
  expect(problem.detail).not.toBe('');
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('retry-after')).toBeNull();
  expect(issuer.calls).toEqual([]);
});

test('a refusal has the five members of RFC 9457 and ours', async () => {
  const response = await issuer.post({ ...REQUEST, expiresIn: 3601 });
  expect(await response.json()).toEqual({
    type: 'urn:keyturn:error:lifetime_too_long',
    title: 'lifetime too long',
    status: 400,
    code: 'lifetime_too_long',
    detail: 'expiresIn must be at most 3600 s, got 3601 s',
    pointer: '/expiresIn',
  });
});

test('a form, as curl sends when it is not told otherwise, is read like any other body', async () => {
  const response = await fetch(`${issuer.url}/sign`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: text,
  });
  expect(response.status).toBe(200);
});

test('after all of these the same environment still signs', async () => {
  issuer.calls.length = 0;
  await issuer.sign();
  expect(issuer.calls).toEqual(['sign kms.Sign']);
});
