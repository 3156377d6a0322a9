/** Credentials of a container: AWS_CONTAINER_* in ECS and in EKS, and what a provider of the caller's own may do instead. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TokenClient, TokenError } from '../../../lib/sdk/client/index.ts';
import { abortableLimits, FakeIssuer, REQUEST, refused, URL_OF_ORDERS } from './fake-issuer.ts';

/** Of a machine that is busy. */
const PATIENT = { timeout: 10_000 };

const ENDPOINT = 'http://169.254.170.23/v1/credentials';
const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();

let issuer: FakeIssuer;
/** What the container endpoint was asked with. */
let asked: { url: string; authorization: string | null }[];
let answer: () => Response | Promise<Response>;
const given = (expiration: string, key = 'CONTAINERKEY') =>
  Response.json({ AccessKeyId: key, SecretAccessKey: 's', Token: 'container-session', Expiration: expiration });

beforeEach(() => {
  issuer = new FakeIssuer();
  asked = [];
  answer = () => given(minutes(60));
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', ENDPOINT);
  vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', undefined);
  vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const both: typeof globalThis.fetch = async (input, init) => {
  if (!String(input).includes('169.254.')) return issuer.fetch(input, init);
  asked.push({ url: String(input), authorization: new Headers(init?.headers).get('authorization') });
  return answer();
};
const client = (timeoutMs = 1000) => new TokenClient({ url: URL_OF_ORDERS, fetch: both, timeoutMs });
const signedBy = () =>
  issuer.sent.map(({ headers }) => /Credential=(\w+)/.exec(headers.get('authorization') ?? '')?.[1]);

test('the environment stands above the container endpoint, its session token among it', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'LAMBDAKEY');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
  vi.stubEnv('AWS_SESSION_TOKEN', 'lambda-session');
  await client().get(REQUEST);
  expect(signedBy()).toEqual(['LAMBDAKEY']);
  expect(issuer.sent[0]?.headers.get('x-amz-security-token')).toBe('lambda-session');
  expect(asked).toEqual([]);
});

describe('the container endpoint', () => {
  test('gives what the call is signed with, its session token among it', async () => {
    await client().get(REQUEST);
    expect(signedBy()).toEqual(['CONTAINERKEY']);
    expect(issuer.sent[0]?.headers.get('x-amz-security-token')).toBe('container-session');
  });

  test('of ECS is the one behind the relative address', async () => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', '/v2/credentials/1');
    await client().get(REQUEST);
    expect(asked).toEqual([{ url: 'http://169.254.170.2/v2/credentials/1', authorization: null }]);
  });

  test('of EKS is shown the token, read anew each time', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
    const file = join(directory, 'token');
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', file);
    answer = () => given(minutes(1));
    const tokens = client();
    for (const text of ['first\n', 'second\n']) {
      writeFileSync(file, text);
      await tokens.get({ audience: text });
    }
    rmSync(directory, { recursive: true });
    expect(asked.map(({ authorization }) => authorization)).toEqual(['first', 'second']);
  });

  test('is asked once by however many, and again five minutes before they end', async () => {
    const tokens = client();
    const many = async (name: string) => {
      await Promise.all(Array.from({ length: 50 }, (_, at) => tokens.get({ audience: `${name}${at}` })));
    };
    await many('a');
    await many('b');
    expect(asked).toHaveLength(1);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 54 * 60_000);
    await many('c');
    expect(asked).toHaveLength(1);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 60_000);
    answer = () => given(minutes(60), 'NEXTKEY');
    await many('d');
    expect(asked).toHaveLength(2);
    expect(signedBy().at(-1)).toBe('NEXTKEY');
  });

  test('that gives no others leaves those that still hold, and not those that ended', async () => {
    answer = () => given(minutes(4));
    const tokens = client();
    await tokens.get(REQUEST);
    answer = () => new Response('busy', { status: 429 });
    await tokens.get({ audience: 'other' });
    expect(signedBy()).toEqual(['CONTAINERKEY', 'CONTAINERKEY']);
    expect(asked).toHaveLength(2);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 5 * 60_000);
    expect((await refused(tokens.get({ audience: 'third' }))).code).toBe('credentials_missing');
  });

  test('that is throttled is asked again within the caller’s time', async () => {
    answer = () => (asked.length < 3 ? new Response('busy', { status: 429 }) : given(minutes(60)));
    await client(5000).get(REQUEST);
    expect(asked).toHaveLength(3);
  });

  test.each([
    ['a dead line', () => Promise.reject(new TypeError('fetch failed')), 'fetch failed'],
    ['an answer without a key', () => Response.json({}), 'it answers 200 without a key'],
    [
      'an answer that is no JSON',
      () => new Response('"SecretAccessKey: x'),
      'it answers 19 characters that are no JSON',
    ],
    ['a refusal', () => Response.json({ AccessKeyId: 'A', SecretAccessKey: 'b' }, { status: 400 }), 'it answers 400'],
  ])('says of %s what it is', async (_, bad, reason) => {
    answer = bad;
    const error = await refused(client().get(REQUEST));
    expect(error).toMatchObject({ code: 'credentials_missing', cause: { message: reason } });
    expect(issuer.sent).toHaveLength(0);
  });

  test('whose token is not to be read is an error of ours', async () => {
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', '/nonexistent/token');
    const error = await refused(client().get(REQUEST));
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({ code: 'credentials_missing', cause: { code: 'ENOENT' } });
  });

  test('is not there: the sentence says what would do', async () => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', undefined);
    const error = await refused(client().get(REQUEST));
    expect(error.message).toMatch(/^no AWS credentials: neither AWS_ACCESS_KEY_ID .* give credentials, for example/);
  });
});

describe('a provider', () => {
  const withProvider = (credentials: () => Promise<never>) =>
    refused(issuer.client({ credentials, timeoutMs: 60_000 }).get(REQUEST));

  test.each([
    ['throws', () => Promise.reject(new Error('no providers'))],
    [
      'throws at once',
      () => {
        throw new Error('no providers');
      },
    ],
  ])('that %s is an error of ours, with its own as cause', async (_, provider) => {
    const error = await withProvider(provider);
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({ code: 'credentials_missing', cause: { message: 'no providers' } });
  });

  test('that gives nothing is no reason for another kind of error', async () => {
    expect((await withProvider(async () => undefined as never)).code).toBe('credentials_missing');
  });

  test('that hangs has as much time as an attempt', async () => {
    const limits = abortableLimits();
    const hanging = withProvider(() => new Promise(() => undefined));
    await vi.waitFor(() => expect(limits).toHaveLength(1), PATIENT);
    expect(limits[0]?.milliseconds).toBe(5000);
    limits[0]?.abort();
    expect(await hanging).toMatchObject({ code: 'credentials_missing', cause: { name: 'TimeoutError' } });
  });

  test('is asked at each attempt, for it may have others by then', async () => {
    let count = 0;
    const tokens = issuer.client({
      credentials: async () => ({ accessKeyId: `KEY${++count}`, secretAccessKey: 's' }),
    });
    for (const audience of ['a', 'b']) await tokens.get({ audience });
    expect(signedBy()).toEqual(['KEY1', 'KEY2']);
  });
});
