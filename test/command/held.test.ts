/** Operations that are saved and not published yet: the answer says so, and what holds it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestIssuer } from '../../lib/sdk/testing/index.ts';
import { keyturn } from '../cli/in-process.ts';
import { type Issuer, startSigning } from '../functions/issuer.ts';
import { publishedKids } from '../functions/operating.ts';

let issuer: Issuer;
let kid: string;
const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
const jwks = join(directory, 'jwks.json');
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256' } });
  const old = await startTestIssuer({ algorithm: 'ES256' });
  const [key] = old.jwks().keys;
  kid = String(key?.kid);
  writeFileSync(jwks, JSON.stringify({ keys: [key] }));
  await old.close();
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await issuer?.close();
});

/** Nobody may write into the bucket. */
async function denied<T>(work: () => Promise<T>): Promise<T> {
  issuer.before = ({ operation }) =>
    operation === 'PutObject' ? { status: 403, code: 'AccessDenied', message: 'Access Denied' } : undefined;
  try {
    return await work();
  } finally {
    issuer.before = undefined;
  }
}
const run = (verb: string, ...args: string[]) => keyturn(verb, ...args, '--url', issuer.url);
const take = (...args: string[]) => run('import', '--jwks', jwks, '--until', '9d', '--yes', ...args);

test('import', async () => {
  const held = await denied(() => take());
  expect(held.status).toBe(1);
  expect(held.stdout).toMatch(/^http\S+ will publish \S+ until \S+, and DOES NOT YET: every tick tries again\n/);
  expect(held.stdout).toMatch(/\n {2}held +publish: /);
  expect(publishedKids(issuer)).not.toContain(kid);
  expect(await denied(() => take('--json'))).toMatchObject({ status: 1 });

  await issuer.report();
  expect(publishedKids(issuer)).toContain(kid);
  expect(await take()).toMatchObject({ status: 0, stdout: expect.stringMatching(/ publishes /) });
});

test('unimport', async () => {
  const held = await denied(() => run('unimport', kid));
  expect(held.status).toBe(1);
  expect(held.stdout).toMatch(
    new RegExp(`^${kid} is out of the keyring and STILL PUBLISHED: every tick tries again\n(.*\n)* {2}held +publish: `),
  );
  expect(publishedKids(issuer)).toContain(kid);

  await issuer.report();
  expect(publishedKids(issuer)).not.toContain(kid);
});

test('retain and release hold in the keyring, and say what else is held', async () => {
  // A document that somebody has touched, so that the tick has something to write.
  const path = 'public/.well-known/openid-configuration';
  const own = (await issuer.sign()).kid;
  issuer.s3.put(path, Buffer.from('{}'), issuer.s3.get(path).headers);
  for (const [verb, said] of [
    ['retain', `${own} stays in the JWKS`],
    ['release', `${own} goes its way`],
  ] as const) {
    const held = await denied(() => run(verb, own));
    expect(held).toMatchObject({ status: 1, stdout: expect.stringContaining(said) });
    expect(held.stdout).toMatch(/\n {2}held +publish: /);
  }
  expect(await run('retain', own)).toMatchObject({ status: 0 });
});
