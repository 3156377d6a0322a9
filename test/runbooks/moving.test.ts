/** Issuers that move, by the commands of the pages: no token fails on the way, nor on the way back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startTestIssuer } from '../../lib/sdk/testing/index.ts';
import { createVerifier, createVerifiers, type FetchJwks } from '../../lib/sdk/verifier/index.ts';
import { keyturn, keyturnJson } from '../cli/in-process.ts';
import { type Issuer, REQUEST, startSigning } from '../functions/issuer.ts';
import { follow, isOver, MOVING_IN, WINDOWS } from './runbook.ts';

async function started(): Promise<Issuer> {
  const issuer = await startSigning({ config: WINDOWS });
  onTestFinished(() => issuer.close());
  return issuer;
}

test('moving-in: tokens of the other issuer verify before, during and after', async () => {
  const issuer = await started();
  const iss = issuer.policy.issuer;
  const old = await startTestIssuer({ issuer: iss, algorithm: 'RS256' });
  onTestFinished(() => old.close());
  // The issuer's host, as DNS has it.
  let host: FetchJwks = (url, init) => old.fetch(url, init);
  const verify = (token: string) =>
    createVerifier({
      issuer: iss,
      audience: 'orders-api',
      algorithms: ['RS256', 'ES256'],
      fetch: (url, init) => host(url, init),
    }).verify(token);
  const { token: OLD_TOKEN, kid: KID } = await old.mint(REQUEST);
  const words = { JWKS_URL: old.jwksUrl, OLD_TOKEN, KID };
  await verify(OLD_TOKEN);

  const [imported, jwks, verified] = await follow(MOVING_IN, 'Before', issuer.url, words);
  expect(imported?.stdout).toMatch(new RegExp(`^${iss} publishes .*${KID}.* until `));
  expect(jwks).toMatchObject({ status: 0, stdout: expect.stringContaining(KID) });
  expect(verified).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/\(imported from http:.*jwks\.json until /),
  });

  host = (url, init) => fetch(url, init);
  for (const { status } of await follow(MOVING_IN, 'Cut over', issuer.url, words)) expect(status).toBe(0);
  const { token: ours } = await issuer.sign();
  for (const token of [OLD_TOKEN, (await old.mint(REQUEST)).token, ours]) await verify(token);

  // The way back, before a caller has moved.
  host = (url, init) => old.fetch(url, init);
  await verify(OLD_TOKEN);
  host = (url, init) => fetch(url, init);

  const [gone] = await follow(MOVING_IN, 'After', issuer.url, words);
  expect(gone).toMatchObject({ status: 0, stdout: expect.stringContaining(`${KID} is no longer published`) });
  await expect(verify(OLD_TOKEN)).rejects.toMatchObject({ code: 'key_unknown' });
  await verify(ours);
});

test('import takes what may be published, and says why not', async () => {
  const issuer = await started();
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'jwks.json');
  const put = (keys: unknown) => writeFileSync(file, JSON.stringify({ keys }));
  const old = await startTestIssuer({ algorithm: 'ES256' });
  onTestFinished(() => old.close());
  const [one = {}, two = {}] = old.jwks().keys;
  const { alg: _, ...bare } = one;
  const take = (...args: string[]) => keyturn('import', '--jwks', file, '--yes', ...args, '--url', issuer.url);

  put([bare, two, { ...two, kid: 'enc', use: 'enc' }]);
  expect((await take()).stderr).toMatch(/--until must be a time to come.*got nothing \(usage\)$/);
  expect((await take('--until', 'yesterday')).status).toBe(2);
  expect((await take('--until', '9d')).stderr).toMatch(/without alg the token chooses .*\(invalid_member\)$/);
  expect((await take('--until', '9d', '--kid', 'nobody')).stderr).toMatch(/there is no key nobody in that JWKS/);
  expect(await take('--until', '9d', '--kid', String(one.kid), '--algorithm', 'ES256')).toMatchObject({ status: 0 });
  const { answer } = await keyturnJson<{ imported: object[] }>('status', '--url', issuer.url);
  expect(answer.imported).toEqual([{ kid: one.kid, until: expect.any(Number), source: file }]);
  expect((await keyturn('audit', '--url', issuer.url)).status).toBe(0);

  put('none');
  expect((await take('--until', '9d')).stderr).toBe(`keyturn import: there are no keys at ${file} (usage)`);
  const elsewhere = await keyturn(
    'import',
    '--jwks',
    'http://127.0.0.1:1/jwks',
    '--until',
    '9d',
    '--yes',
    '--url',
    issuer.url,
  );
  expect(elsewhere.status).toBe(3);
});

test('region-lost: what the edge still serves lets tokens verify from another place', async () => {
  const lost = await started();
  const { token } = await lost.sign();
  const edge = `${lost.url}/.well-known/jwks.json`;
  await fetch(edge);
  lost.before = () => 'drop';
  lost.edge.originFails = true;
  lost.edge.frozen = true;
  const [status] = await follow('region-lost', 'What you see', lost.url);
  expect(status?.status).not.toBe(0);

  const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const saved = join(directory, 'last-jwks.json');
  writeFileSync(saved, await (await fetch(edge)).text());
  const other = await started();
  const words = { 'last-jwks.json': saved, NEW_URL: other.url };
  const [imported] = await follow('region-lost', 'What to do', other.url, words);
  expect(imported).toMatchObject({ status: 0 });
  // The same host, served from the other place.
  const host: FetchJwks = () => fetch(`${other.url}/.well-known/jwks.json`);
  const verifier = createVerifier({
    issuer: lost.policy.issuer,
    audience: 'orders-api',
    algorithms: ['ES256'],
    fetch: host,
  });
  await verifier.verify(token);
  await isOver('region-lost', other.url);
});

test('moving-domains: two issuers, and verifiers that know both', async () => {
  const [old, next] = await Promise.all([started(), started()]);
  const words = { OLD_URL: old.url, NEW_URL: next.url };
  const [well] = await follow('moving-domains', 'What you see', old.url, words);
  expect(well?.status).toBe(0);
  for (const { status } of await follow('moving-domains', 'What to do', next.url, words)) expect(status).toBe(0);
  const verifier = createVerifiers(
    [old, next].map(({ policy: { issuer } }) => ({ issuer, audience: 'orders-api', algorithms: ['ES256'] as const })),
  );
  for (const issuer of [old, next]) await verifier.verify((await issuer.sign()).token);
  await isOver('moving-domains', next.url, words);
});
