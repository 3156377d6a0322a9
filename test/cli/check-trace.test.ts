import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { World } from '../../lib/simulator/world.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/keyturn.ts', import.meta.url));
const ISSUER = 'https://auth.example.com';
const config = join(mkdtempSync(join(tmpdir(), 'keyturn-')), 'keyturn.config.json');
writeFileSync(config, '{"verifiers":["jose"]}');

function check(lines: readonly object[], ...args: string[]) {
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'check-trace', ...args], { input });
  return { status, stdout: String(stdout), stderr: String(stderr) };
}

test('the log of a first day, and the same with a token that lives too long', async () => {
  const world = new World({ verifiers: ['jose'] }, 'check-trace');
  await world.tick();
  const { kid, issuedAt: iat, expiresAt: exp } = await world.sign(world.signer(), 'a');
  const token = { event: 'token', issuer: ISSUER, kid, iat, exp };
  const good = check([...world.log, token], '--config', config, '--issuer', ISSUER);
  expect(good).toMatchObject({ status: 0, stderr: '' });
  expect(good.stdout).toMatch(/^I1 {2}holds {6}1 looked at\nI2 {2}holds/);
  expect(good.stdout).toMatch(/^I4 {2}undecided .*\n {6}nothing tells what bucket and KMS hold$/m);
  const bad = check([...world.log, { ...token, exp: exp + 86_400 }], '--config', config, '--issuer', ISSUER, '--json');
  expect(bad.status).toBe(1);
  const { verdicts } = JSON.parse(bad.stdout) as { verdicts: { invariant: string; verdict: string }[] };
  expect(verdicts.find(({ invariant }) => invariant === 'I11')).toMatchObject({ verdict: 'violated' });
});

test.each<[string, string[], string]>([
  ['no policy', [], '--config must name the policy'],
  ['no issuer', ['--config', config], '--issuer must name whose lines'],
  ['a file that is not there', ['--config', '/nowhere/x.json'], '/nowhere/x.json cannot be read: ENOENT (usage)'],
  ['an issuer that is none', ['--config', config, '--issuer', 'x'], 'issuer must be an https URL'],
])('%s is refused', (_, args, sentence) => {
  const { status, stderr } = check([], ...args);
  expect(status).toBe(2);
  expect(stderr).toContain(sentence);
});
