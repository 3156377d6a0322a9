import { expect, test } from 'vitest';
import type { Keyring } from '../../lib/core/keyring.ts';
import type { AwsCall } from '../../lib/local/wire.ts';
import { KeyringItem } from '../functions/keyring-item.ts';
import { burn, operate, publishedKids, servedKids, signing } from '../functions/operating.ts';
import { verifyWithJose } from '../functions/verifying.ts';

const stateOf = (keyring: Keyring, kid: string) => keyring.keys.find((key) => key.kid === kid)?.state;

/** The keyring that a call would write. */
const written = ({ operation, input }: AwsCall): Keyring | undefined => {
  if (operation !== 'PutItem') return undefined;
  const { keyring } = input.Item as { keyring: { S: string } };
  return JSON.parse(keyring.S) as Keyring;
};

test.concurrent('saved, disabled, unpublished, invalidated, and only then a fresh key: as AWS sees it', async ({
  onTestFinished,
}) => {
  const issuer = await signing(onTestFinished, { verifiers: ['jose'] });
  const { kid } = await issuer.sign();
  const { keys } = await new KeyringItem(issuer).keyring();
  const arn = keys.find((key) => key.kid === kid)?.keyArn;
  const seen: string[] = [];
  issuer.before = (call) => {
    const { operation, input, accessKeyId } = call;
    expect(accessKeyId).toMatch(/^AKIALOCAL(?:operate|sign)$/);
    const keyring = written(call);
    if (keyring) seen.push(stateOf(keyring, kid) === 'compromised' ? 'saved' : 'saved without the burn');
    if (operation === 'DisableKey') seen.push(input.KeyId === arn ? 'disabled' : 'disabled another key');
    if (operation === 'PutObject') seen.push('published');
    if (operation === 'CreateInvalidation')
      seen.push(publishedKids(issuer).includes(kid) ? 'too early' : 'invalidated');
    if (operation === 'CreateKey') seen.push('created');
    return undefined;
  };
  const began = Date.now() / 1000;
  const { burned, removedAt, signing: fresh, exposure } = await burn(issuer, { kid });
  const ended = Date.now() / 1000;
  issuer.before = undefined;
  // The tick that follows disables once more: a burn that crashed after its save is finished by the same rule.
  expect([...new Set(seen)]).toEqual(['saved', 'disabled', 'published', 'invalidated', 'created']);

  expect(burned).toEqual([kid]);
  expect(removedAt).toBeGreaterThan(began);
  expect(removedAt).toBeLessThan(ended);
  expect(exposure).toEqual([expect.objectContaining({ verifier: 'jose', acceptsBurnedUntil: expect.any(Number) })]);
  expect(await servedKids(issuer)).not.toContain(kid);
  const { token, ...answer } = await issuer.sign();
  expect(answer.kid).toBe(fresh);
  await verifyWithJose(issuer, token, 'ES256');
});

test.concurrent('all keys: each is out, and a key that the edge shows signs at once', async ({ onTestFinished }) => {
  const issuer = await signing(onTestFinished, { verifiers: ['istio'] });
  const before = await servedKids(issuer);
  const { token: burnedToken } = await issuer.sign();
  expect(before).toHaveLength(2);
  let isEmpty = false;
  issuer.before = ({ operation }) => {
    if (operation === 'CreateInvalidation') isEmpty ||= publishedKids(issuer).length === 0;
    return undefined;
  };
  const report = await burn(issuer, { all: true });
  issuer.before = undefined;
  expect(report.burned.toSorted()).toEqual(before.toSorted());
  expect(isEmpty).toBe(false);
  const after = await servedKids(issuer);
  expect(after.filter((kid) => before.includes(kid))).toEqual([]);
  expect(after).toContain(report.signing);
  const { token, kid } = await issuer.sign();
  expect(kid).toBe(report.signing);
  await verifyWithJose(issuer, token, 'ES256');
  await expect(verifyWithJose(issuer, burnedToken, 'ES256')).rejects.toThrow(/no applicable key/);
});

test.concurrent('a kid that is none of its keys changes nothing, and the answer names those that are', async ({
  onTestFinished,
}) => {
  const issuer = await signing(onTestFinished);
  const kids = await servedKids(issuer);
  const { kid: active } = await issuer.sign();
  const standby = kids.find((kid) => kid !== active);
  issuer.calls.length = 0;
  const refused = `transition_refused: key nobody is not in the keyring: it holds ${active} (active), ${standby} (pending)`;
  await expect(burn(issuer, { kid: 'nobody' })).rejects.toThrow(refused);
  await expect(operate(issuer, { operation: 'retain', kid: 'nobody' })).rejects.toThrow(
    'transition_refused: key nobody is not in the keyring',
  );
  expect(issuer.calls.filter((call) => /\.(?:Put|Create|Disable|Schedule|Delete)/.test(call))).toEqual([]);
  expect(await servedKids(issuer)).toEqual(kids);
  expect((await issuer.sign()).kid).toBe(active);
});

test.concurrent('what is retained is kept until it is released, and burned all the same', async ({
  onTestFinished,
}) => {
  const issuer = await signing(onTestFinished);
  const table = new KeyringItem(issuer);
  const { kid } = await issuer.sign();
  const retained = async () => {
    const key = (await table.keyring()).keys.find((candidate) => candidate.kid === kid);
    return key !== undefined && 'retained' in key;
  };
  await operate(issuer, { operation: 'retain', kid });
  expect(await retained()).toBe(true);
  await operate(issuer, { operation: 'release', kid });
  expect(await retained()).toBe(false);
  await operate(issuer, { operation: 'retain', kid });
  await burn(issuer, { kid });
  expect(stateOf(await table.keyring(), kid)).toBe('compromised');
  expect(await servedKids(issuer)).not.toContain(kid);
});
