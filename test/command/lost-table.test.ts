/** The table was lost: every verb that reads it says so and what to do, and `recover` goes on from the documents. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyturn, keyturnJson } from '../cli/in-process.ts';
import { type Issuer, startIssuer } from '../functions/issuer.ts';
import { KeyringItem } from '../functions/keyring-item.ts';
import { servedKids } from '../functions/operating.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer({ config: { algorithm: 'ES256' } });
});
afterAll(() => issuer?.close());
const run = (verb: string, ...args: string[]) => keyturn(verb, ...args, '--url', issuer.url);

interface Status {
  readonly isWell: boolean;
  readonly edgeVersion: number;
  readonly findings: { readonly what: string; readonly fix: string }[];
}
const status = () => keyturnJson<Status>('status', '--url', issuer.url);
const READERS = ['plan', 'audit', 'jwks', 'who KID', 'verify a.b.c'];
const RUNBOOK = expect.stringMatching(/keyturn recover; docs\/runbooks\/restored-table\.md$/);

test('before the first tick nobody can be asked', async () => {
  for (const verb of ['status', ...READERS]) {
    const [name = '', ...args] = verb.split(' ');
    const { status, stdout, stderr } = await run(name, ...args);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/has no keyring yet: no tick has run.*\(unreachable\)$/);
  }
});

describe('lost', () => {
  beforeAll(async () => {
    await issuer.report();
    await new KeyringItem(issuer).delete();
  });

  test('before a tick has met it', async () => {
    const { status: exit, answer } = await status();
    expect({ exit, ...answer }).toMatchObject({ exit: 1, isWell: false, edgeVersion: 2 });
    expect(answer.findings).toEqual([
      { severity: 'problem', what: 'the table holds no keyring, and the edge serves version 2', fix: RUNBOOK },
    ]);
    expect((await run('plan')).stderr).toMatch(/has no keyring: .*recover.*restored-table\.md \(keyring_missing\)$/);
  });

  test('after one: status shows its error, and the others name it', async () => {
    await expect(issuer.report()).rejects.toThrow('document_newer');
    const { answer } = await status();
    const said = /^the last tick failed: the published document is at version 2, the keyring at 0.*\(document_newer\)$/;
    expect(answer.findings[0]).toMatchObject({ what: expect.stringMatching(said), fix: RUNBOOK });
    const text = await run('status');
    expect(text.status).toBe(1);
    expect(text.stdout).toMatch(/^http\S+ {3}NOT WELL\n\n {2}! the last tick failed: /);
    expect(text.stdout).toMatch(/\n {2}last tick +\d+s ago: failed, document_newer\n$/);
  });

  test.each(READERS)('%s', async (verb) => {
    const [name = '', ...args] = verb.split(' ');
    const { status, stdout, stderr } = await run(name, ...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/has no keyring: .*keyturn recover; docs\/runbooks\/restored-table\.md \(document_newer\)$/);
  });

  test('recover goes on from the documents', async () => {
    const kids = await servedKids(issuer);
    expect(await run('recover', '--yes')).toMatchObject({ stdout: expect.stringContaining('goes on from version 4') });
    await issuer.report();
    expect((await run('status')).status).toBe(0);
    expect(await servedKids(issuer)).toEqual(expect.arrayContaining(kids));
    const { token } = await issuer.sign();
    expect((await run('verify', token)).status).toBe(0);
  });
});
