/** jwks, verify and audit against a local stack: text, JSON, exit codes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyturn, keyturnJson } from '../cli/in-process.ts';
import { type Issuer, startSigning } from '../functions/issuer.ts';
import { Command, endAll } from './process.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256', verifiers: ['jose', 'aws-jwt-verify'] } });
});
afterAll(async () => {
  await endAll();
  await issuer?.close();
});
const here = () => ['--url', issuer.url];
const sign = async (request?: object) => (await issuer.sign(request)).token;

describe('jwks', () => {
  test('of one that is sound', async () => {
    const { status, stdout } = await keyturn('jwks', ...here());
    expect(status).toBe(0);
    expect(stdout).toMatch(/jwks\.json {3}sound\n/);
    expect(stdout).toMatch(/answer +200, application\/json, \d+ bytes\n +caches +public, max-age=300/);
    expect(stdout.match(/ {2}key +\S+ {2}ES256/g)).toHaveLength(2);
  });

  test('a verifier that could not take it is named', async () => {
    const { status, answer } = await keyturnJson<{ isSound: boolean; remarks: object[] }>(
      'jwks',
      ...['--verifier', 'alb', ...here()],
    );
    expect({ status, isSound: answer.isSound }).toEqual({ status: 1, isSound: false });
    expect(answer.remarks).toHaveLength(2);
    expect(answer.remarks[0]).toMatchObject({
      severity: 'error',
      rule: 'verifier alb',
      what: expect.stringContaining('Application Load Balancer does not take ES256'),
    });
  });

  test('of any issuer, by its URL', async () => {
    const { status, stdout } = await keyturn('jwks', `${issuer.url}/.well-known/jwks.json`);
    expect(status).toBe(0);
    expect(stdout).toContain('sound');
    const missing = await keyturn('jwks', `${issuer.url}/nothing.json`);
    expect(missing.status).toBe(1);
    expect(missing.stdout).toContain('it must answer 200 and without a redirect, got 403');
    expect((await keyturn('jwks', 'here')).stderr).toBe('keyturn jwks: here is no URL (usage)');
    expect(await keyturn('jwks', 'http://127.0.0.1:1/jwks.json')).toMatchObject({ status: 3 });
  });
});

describe('verify', () => {
  test('a token from standard input, as a process', async () => {
    const command = new Command('verify', await sign(), '--audience', 'orders-api', ...here());
    expect(await command.ended).toMatchObject({ status: 0 });
    expect(command.stdout).toMatch(/^genuine: a token of http:/);
    expect(command.stdout).toMatch(/kid +\S+ \(active\)/);
    expect(command.stdout).not.toContain('not checked');
  });

  test('for whom is said when it is not checked', async () => {
    const { status, stdout } = await keyturn('verify', await sign(), ...here());
    expect(status).toBe(0);
    expect(stdout).toContain('for     orders-api (not checked: no --audience)');
  });

  test('by the public documents of an issuer alone', async () => {
    expect((await keyturn('verify', await sign(), '--issuer', issuer.policy.issuer)).status).toBe(0);
  });

  test('keys that cannot be fetched say nothing of the token', async () => {
    const token = await sign();
    issuer.edge.originFails = true;
    issuer.edge.invalidate(['/*']);
    try {
      for (const origin of [here(), ['--issuer', issuer.policy.issuer]]) {
        const { status, stdout, stderr } = await keyturn('verify', token, ...origin);
        expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
        expect(stderr).toMatch(
          /^keyturn verify: nothing is known of the token, for its keys could not be fetched: .*\(keys_unavailable\)$/,
        );
      }
    } finally {
      issuer.edge.originFails = false;
      issuer.edge.invalidate(['/*']);
    }
  });

  test.each(['not a url', 'ftp://x.example', 'http://x.example', ''])('--issuer %j is no issuer', async (name) => {
    expect(await keyturn('verify', await sign(), '--issuer', name)).toEqual({
      status: 2,
      stdout: '',
      stderr: `keyturn verify: --issuer must be an https URL, got ${name} (usage)`,
    });
  });

  test('each failure has its words', async () => {
    const token = await sign();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const say = async (one: string, ...more: string[]) => {
      const { status, stdout } = await keyturn('verify', one, ...more, ...here());
      expect(status).toBe(1);
      return stdout.split('\n')[0];
    };
    expect(await say(token, '--audience', 'billing')).toBe(
      'NOT genuine: aud must name an audience of this verifier: it is for "orders-api" (audience_mismatch)',
    );
    const changed = (part: string, change: object) =>
      Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(part, 'base64url').toString()), ...change })).toString(
        'base64url',
      );
    const forged = (change: object) => `${header}.${changed(payload, change)}.${signature}`;
    expect(await say(forged({ exp: 1_700_000_000 }))).toMatch(/it ended at 2023-.* ago \(token_expired\)$/);
    expect(await say(forged({ iss: 'https://elsewhere' }))).toMatch(
      /it is of "https:\/\/elsewhere" \(issuer_mismatch\)/,
    );
    expect(await say(forged({ exp: Math.floor(Date.now() / 1000) + 9999 }))).toMatch(/lifetime_too_long/);
    expect(await say(forged({ sub: 'somebody else' }))).toMatch(/signature_invalid/);
    expect(await say(`${changed(header, { typ: 'other' })}.${payload}.${signature}`)).toMatch(/it is "other"/);
    expect(await say('nothing')).toMatch(/it does not have three parts .*\(token_malformed\)$/);
    expect(await say(`${header}.${payload}`)).toMatch(/two parts: its signature is missing.*\(token_malformed\)$/);
    expect(await say(`${changed(header, { alg: 'none' })}.${payload}.`)).toMatch(
      /its alg is "none": .*\(token_malformed\)$/,
    );
    expect((await keyturn('verify', `Bearer ${token}`, ...here())).status).toBe(0);
    const { answer } = await keyturnJson<object>(
      'verify',
      ...[`${changed(header, { kid: 'nobody' })}.${payload}.${signature}`, ...here()],
    );
    expect(answer).toMatchObject({
      genuine: false,
      code: 'key_unknown',
      kid: 'nobody',
      key: 'never a key of this issuer: forged, or of another one',
      served: { version: 2, kids: [expect.any(String), expect.any(String)] },
    });
  });
});

describe('audit', () => {
  const audited = () => keyturnJson<{ fits: boolean; misfits: { about: string; what: string }[] }>('audit', ...here());

  test('of one that fits', async () => {
    const { status, stdout } = await keyturn('audit', ...here());
    expect(status).toBe(0);
    expect(stdout).toContain('everything fits');
    expect(stdout).toContain('2 keys in the keyring, 6 versions of documents, 2 KMS keys');
  });

  test('wrong options have one sentence', async () => {
    expect(await keyturn('audit', '--versions', 'all', ...here())).toMatchObject({
      status: 2,
      stderr: 'keyturn audit: --versions must be a number of at least 1 (usage)',
    });
  });

  test('a key that somebody put into the bucket for a moment, an old document, and a stranger beside it', async () => {
    const path = 'public/.well-known/jwks.json';
    const { body, headers } = issuer.s3.get(path);
    const set = JSON.parse(body.toString());
    const poison = { ...set, documentVersion: 3, keys: [...set.keys, { ...set.keys[0], kid: 'poison' }] };
    issuer.s3.put(path, Buffer.from(JSON.stringify(poison)), headers);
    issuer.s3.put(path, body, headers);
    issuer.s3.put('public/shell.html', Buffer.from(''), {});
    const { status, answer } = await audited();
    expect({ status, fits: answer.fits }).toEqual({ status: 1, fits: false });
    expect(answer.misfits.map(({ what }) => what)).toEqual([
      '/shell.html is no document of this issuer',
      expect.stringMatching(/jwks\.json of .* goes back from documentVersion 3 to 2/),
      expect.stringMatching(/holds key poison, which this issuer never had/),
    ]);
  });

  test('a KMS key of ours that somebody disabled', async () => {
    const active = (await issuer.sign()).kid;
    const tagged = issuer.kms.resources().map(({ arn }) => arn);
    for (const KeyId of tagged) issuer.kms.operations.DisableKey?.({ KeyId });
    const { answer } = await audited();
    expect(answer.misfits.filter(({ about }) => about === 'kms')).toContainEqual({
      about: 'kms',
      what: `key ${active} is active and its KMS key unusable: it cannot sign`,
    });
  });
});
