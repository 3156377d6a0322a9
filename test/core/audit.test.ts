import { describe, expect, test } from 'vitest';
import { audit } from '../../lib/core/audit.ts';
import type { PublishedVersion } from '../../lib/core/audit-documents.ts';
import { compromise } from '../../lib/core/compromise.ts';
import { type Policy, parsePolicy } from '../../lib/core/config.ts';
import { renderDocuments } from '../../lib/core/discovery.ts';
import { burnImported, dropImported, importKeys } from '../../lib/core/imports.ts';
import { activeKey, type Keyring, standbyKey } from '../../lib/core/keyring.ts';
import type { KmsKey } from '../../lib/core/ports.ts';
import * as transitions from '../../lib/core/transitions.ts';
import { makeTestKey } from '../../lib/sdk/testing/test-keys.ts';

const policy: Policy = parsePolicy({ issuer: 'https://auth.example.com', algorithm: 'ES256' });
const DAY = 86_400;
const START = 1_800_000_000;

async function withKey(keyring: Keyring, now: number): Promise<Keyring> {
  const id = `${keyring.id}.${now}`;
  const { jwk } = await makeTestKey('ES256');
  const opened = keyring.intent ? keyring : transitions.openIntent(keyring, { id, algorithm: 'ES256', openedAt: now });
  const key = { intentId: opened.intent?.id ?? id, keyArn: `arn:${jwk.kid}`, jwk };
  return transitions.observe(transitions.addPending(opened, key, now), jwk.kid, now);
}
const activated = (keyring: Keyring, now: number) =>
  transitions.activate(keyring, standbyKey(keyring, 'ES256') as never, transitions.activationTerms(policy, now), now);
const kidOf = (keyring: Keyring) => activeKey(keyring)?.kid ?? '';

/** A rotation: the first key has retired `after` seconds past its end. */
async function rotated(after = 30 * DAY) {
  const history: PublishedVersion[] = [];
  const publish = (keyring: Keyring, at: number) => {
    for (const { path, body } of renderDocuments(keyring, policy)) {
      history.push({ path, body, at, versionId: `v${history.length}` });
    }
  };
  let keyring = await withKey(transitions.foundKeyring(policy.issuer, 'ring', 'bucket'), START);
  publish(keyring, START);
  keyring = await withKey(activated(keyring, START), START + DAY);
  publish(keyring, START + DAY);
  const first = kidOf(keyring);
  const end = START + 90 * DAY;
  keyring = await withKey(activated(keyring, end), end);
  publish(keyring, end);
  keyring = transitions.retire(keyring, first, 'rotated', end + after);
  publish(keyring, end + after);
  return { keyring, versions: history, first };
}
const kmsOf = (keyring: Keyring): KmsKey[] =>
  keyring.keys.map(({ keyArn }) => ({
    keyArn,
    state: 'enabled',
    createdAt: START,
    intentId: 'ring.1',
    algorithm: 'ES256',
    genuine: true,
  }));
const said = (keyring: Keyring, versions: readonly PublishedVersion[], kms = kmsOf(keyring)) =>
  audit({ keyring, versions, kms }, policy, START + 200 * DAY).map(({ what }) => what);
const jwksOf = (versions: readonly PublishedVersion[]) => versions.filter(({ path }) => path.endsWith('jwks.json'));

test('a life without incidents fits', async () => {
  const { keyring, versions } = await rotated();
  expect(said(keyring, versions)).toEqual([]);
});

describe('documents', () => {
  test('a kid that left while its tokens could live', async () => {
    const { keyring, versions, first } = await rotated(600);
    expect(said(keyring, versions)).toEqual([
      expect.stringMatching(new RegExp(`^key ${first} is missing from .*: its tokens could live until`)),
    ]);
  });

  test('the same after a burn is as it should be', async () => {
    const { keyring, versions } = await rotated();
    const intent = { id: 'ring.9', algorithm: 'ES256', openedAt: START } as const;
    const terms = { reason: 'laptop', immediate: true, intent };
    const burned = compromise(keyring, [kidOf(keyring)], terms, policy, START + 150 * DAY);
    const after = renderDocuments(burned, policy).map(({ path, body }) => ({
      path,
      body,
      at: START + 150 * DAY,
      versionId: 'b',
    }));
    const off = kmsOf(burned).map(
      (key, index): KmsKey => (burned.keys[index]?.state === 'compromised' ? { ...key, state: 'unusable' } : key),
    );
    expect(said(burned, [...versions, ...after], off)).toEqual([]);
  });

  test('one that was deleted, one that is none of ours, one that goes back, one that differs', async () => {
    const { keyring, versions } = await rotated();
    const jwks = jwksOf(versions);
    const path = jwks[0]?.path ?? '';
    const newest = jwks.at(-1)?.body ?? '';
    const at = START + 180 * DAY;
    const put = (body: string | undefined, id: string) => ({ path, body, at, versionId: id });
    expect(said(keyring, [...versions, put(undefined, 'x'), put(newest, 'y')])[0]).toMatch(
      /\(version id x\) was deleted$/,
    );
    expect(said(keyring, [...versions, put('{"keys":[]}', 'x'), put(newest, 'y')]).join('\n')).toMatch(/none of ours/);
    expect(said(keyring, [...versions, put(jwks[0]?.body, 'x'), put(newest, 'y')]).join('\n')).toMatch(
      /goes back from documentVersion 4 to 1/,
    );
    expect(said(keyring, [...versions, put(`${newest} `, 'x')]).join('\n')).toMatch(
      /documentVersion 4 once more, with another text\n.*is not what the keyring renders/,
    );
    expect(said(keyring, [])).toHaveLength(3);
  });

  test('a key that came back', async () => {
    const { keyring, versions, first } = await rotated();
    const jwks = jwksOf(versions);
    const back = { ...(jwks.at(-1) as PublishedVersion), at: START + 181 * DAY, versionId: 'y' };
    const old = { ...(jwks[1] as PublishedVersion), at: START + 180 * DAY, versionId: 'x' };
    expect(said(keyring, [...versions, old, back]).join('\n')).toContain(`key ${first} came back with`);
  });
});

describe('an imported key', () => {
  const terms = { until: START + 300 * DAY, source: 'elsewhere' };
  /** Imported, ended, and imported again, with the document of each. */
  async function returned() {
    const { keyring, versions } = await rotated();
    const { jwk } = await makeTestKey('ES256');
    const history = [...versions];
    const at = (days: number) => START + days * DAY;
    const publish = (after: Keyring, days: number) => {
      const rendered = renderDocuments(after, policy);
      history.push(...rendered.map(({ path, body }) => ({ path, body, at: at(days), versionId: `i${days}` })));
      return after;
    };
    const take = (before: Keyring, days: number) => importKeys(before, [jwk], terms, policy, at(days));
    const once = publish(take(keyring, 131), 131);
    const gone = publish(dropImported(once, jwk.kid, 'an operator ended it', at(132)), 132);
    const again = publish(take(gone, 133), 133);
    return { history, publish, again, kid: jwk.kid, at };
  }

  test('may come back', async () => {
    const { history, publish, again, kid, at } = await returned();
    expect(said(again, history)).toEqual([]);
    const gone = publish(dropImported(again, kid, 'an operator ended it', at(134)), 134);
    expect(said(gone, history)).toEqual([]);
  });

  test('may not after it was burned', async () => {
    const { history, publish, again, kid, at } = await returned();
    const burned = publish(burnImported(again, [kid], 'leaked', at(134)), 134);
    expect(said(burned, history)).toEqual([]);
    const poisoned = history.filter(({ versionId }) => versionId === 'i133').map((old) => ({ ...old, at: at(135) }));
    const last = history.slice(-poisoned.length);
    expect(said(burned, [...history, ...poisoned, ...last]).join('\n')).toContain(`key ${kid} came back with`);
  });
});

describe('KMS keys', () => {
  const change = async (state: string, kms: Partial<KmsKey>) => {
    const { keyring, versions } = await rotated();
    const found = kmsOf(keyring).map((key, index) => (keyring.keys[index]?.state === state ? { ...key, ...kms } : key));
    return said(keyring, versions, found);
  };
  test.each<[string, Partial<KmsKey>, RegExp]>([
    ['active', { state: 'unusable' }, /is active and its KMS key unusable: it cannot sign/],
    ['active', { genuine: false }, /the policy of its KMS key is not ours/],
    ['pending', { state: 'pending-deletion' }, /is pending and its KMS key pending-deletion/],
  ])('%s, but %j', async (state, kms, expected) => {
    expect(await change(state, kms)).toEqual([expect.stringMatching(expected)]);
  });

  test('enabled again after a burn, or after its deletion was scheduled', async () => {
    const { keyring, versions, first } = await rotated();
    const scheduled = transitions.scheduledForDeletion(keyring, first, START + 300 * DAY);
    expect(said(scheduled, versions)).toEqual([expect.stringMatching(/its deletion was cancelled/)]);
    const burned = {
      ...keyring,
      keys: keyring.keys.map((key) =>
        key.state === 'retired' ? { ...key, state: 'compromised', disabledAt: 1 } : key,
      ),
    } as Keyring;
    expect(said(burned, versions)).toEqual([expect.stringMatching(/somebody can forge again/)]);
  });

  test.each<[KmsKey['state'], string[]]>([
    ['enabled', ['is compromised and its KMS key enabled: it was burned and never disabled, it can still forge']],
    ['hidden', ['is compromised and its KMS key hidden: it was burned and never disabled, it can still forge']],
    ['unusable', []],
    ['pending-deletion', []],
    ['gone', []],
  ])('of a burn that could not disable it, %s', async (state, misfits) => {
    const { keyring, versions, first } = await rotated();
    const keys = keyring.keys.map((key) => (key.kid === first ? { ...key, state: 'compromised' } : key));
    const burned = { ...keyring, keys } as Keyring;
    const kms = kmsOf(burned).map((key) => (key.keyArn === `arn:${first}` ? { ...key, state } : key));
    expect(said(burned, versions, kms)).toEqual(misfits.map((what) => `key ${first} ${what}`));
  });

  test('of a stranger, of another keyring, of a crash', async () => {
    const { keyring, versions } = await rotated();
    const extra: KmsKey = { keyArn: 'arn:x', state: 'enabled', createdAt: START, genuine: true, intentId: 'ring.7' };
    const others: [Partial<KmsKey>, RegExp][] = [
      [{ genuine: false }, /is not as Keyturn makes keys/],
      [{ intentId: 'other.1' }, /of another keyring/],
      [{}, /is enabled and in no keyring/],
    ];
    for (const [kms, expected] of others) {
      expect(said(keyring, versions, [...kmsOf(keyring), { ...extra, ...kms }])).toEqual([
        expect.stringMatching(expected),
      ]);
    }
    expect(said(keyring, versions, [...kmsOf(keyring), { ...extra, createdAt: START + 200 * DAY }])).toEqual([]);
  });
});
