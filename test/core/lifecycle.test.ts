/** What is due, rule by rule: of each the instant, the second before it, and the sentence. The order is rotate.test.ts's. */
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../lib/core/config.ts';
import { renderDocuments } from '../../lib/core/discovery.ts';
import { documentPaths } from '../../lib/core/issuer.ts';
import type { PublicJwk } from '../../lib/core/jwk.ts';
import type { ActiveKey, GraceKey, Key, Keyring, PendingKey, RetiredKey } from '../../lib/core/keyring.ts';
import { nextStep, type Step, stepId } from '../../lib/core/lifecycle.ts';
import type { Seen } from '../../lib/core/look.ts';
import { seenOf } from '../../lib/core/outlook.ts';
import { graceEnd, lastTurn, maxKeys, maxKmsKeys, orphanAge } from '../../lib/core/policy.ts';
import type { KmsKey } from '../../lib/core/ports.ts';

const ISSUER = 'https://auth.example.com';
const policy = parsePolicy({ issuer: ISSUER, algorithm: 'ES256' });
const NOW = 1_800_000_000;
const JWKS = documentPaths(ISSUER).jwks;

const common = (kid: string, algorithm: 'ES256' | 'EdDSA' = 'ES256') => ({
  kid,
  keyArn: `arn:${kid}`,
  algorithm,
  jwk: { kty: 'EC', kid, use: 'sig', alg: algorithm } as unknown as PublicJwk,
  createdAt: NOW - 100,
  sinceVersion: 2,
});
const active: ActiveKey = {
  ...common('active'),
  ...{ state: 'active', observedAt: NOW - 90, activatedAt: NOW - 80, maxTokenLifetime: policy.maxTokenLifetime },
};
const standby: PendingKey = { ...common('standby'), state: 'pending', observedAt: NOW - 50 };
const grace: GraceKey = {
  ...common('grace'),
  ...{ state: 'grace', activatedAt: NOW - 90, endedAt: NOW - 10, maxTokenLifetime: policy.maxTokenLifetime },
};
const retired: RetiredKey = {
  ...{ state: 'retired', kid: 'retired', keyArn: 'arn:retired', endedAt: NOW - 9 },
  ...{ reason: 'rotated', removedInVersion: 5 },
};
const ring = (...keys: Key[]): Keyring => ({
  ...{ schema: 1, id: 'k1', issuer: ISSUER, home: 'bucket', documentVersion: 5, history: [] },
  keys,
});
const kms = (keyArn: string, more: Partial<KmsKey> = {}): KmsKey => ({
  ...{ keyArn, state: 'enabled', createdAt: NOW - 10, intentId: 'k1.a', algorithm: 'ES256', genuine: true },
  ...more,
});

/** The world is as the keyring has it, but for `change`. */
function due(keyring: Keyring, change: Partial<Seen> = {}, now = NOW, terms = policy): Step | undefined {
  return nextStep(keyring, { ...seenOf(keyring, terms), ...change }, terms, now);
}
const settled = ring(active, standby);
const withKms = (keyring: Keyring, ...more: KmsKey[]) => ({
  kms: new Map([...seenOf(keyring, policy).kms, ...more.map((key) => [key.keyArn, key] as const)]),
});

test('where all is well nothing is due', () => expect(due(settled)).toBeUndefined());

describe('publish', () => {
  const stored = (body: string, version: number | undefined): Partial<Seen> => {
    const documents = renderDocuments(settled, policy);
    return {
      stored: new Map(
        documents.map((one) => [one.path, { ...one, etag: '', ...(one.path === JWKS && { body }) }] as const),
      ),
      published: version === undefined ? undefined : { version, kids: new Set(['active', 'standby']) },
    };
  };
  test.each([
    ['nothing', { stored: new Map(), published: undefined }, 'nothing is published'],
    ['an older version', stored('{}', 4), 'the bucket holds version 4, the keyring is at 5'],
    ['the same version', stored('{}', 5), `${JWKS} in the bucket is missing or not as rendered`],
    ['no JWKS of ours', stored('{}', undefined), `${JWKS} in the bucket is missing or not as rendered`],
  ])('%s', (_, change, why) => {
    // A standby that nobody has observed cannot be lost.
    expect(due(ring(active, unseen()), { edge: undefined, ...change })).toMatchObject({ kind: 'publish', why });
  });
});

test.each([
  [{ kind: 'disable', kid: 'bad', why: 'it is compromised: leaked' }, [active, standby, compromised()], {}],
  [
    { kind: 'unobserve', kid: 'standby', why: 'the published document has lost pending key standby' },
    [active, standby],
    { published: { version: 5, kids: new Set(['active']) } },
  ],
  [
    { kind: 'end', kid: 'grace', why: 'no signer reads grace as active any more: its grace begins' },
    [{ ...grace, ending: true as const }, active, standby],
    {},
  ],
  [
    { kind: 'destroy', kid: 'retired', why: 'version 5, the first without it, is published' },
    [retired, active, standby],
    {},
  ],
  [{ kind: 'observe', kid: 'standby', why: 'the edge serves pending key standby' }, [active, unseen()], {}],
  [
    { kind: 'invalidate', why: 'the edge serves version 4, the bucket holds 5' },
    [active, standby],
    { edge: { version: 4, kids: new Set(['active', 'standby']) } },
  ],
  [{ kind: 'intend', why: 'there is no ES256 standby' }, [active], {}],
  [
    { kind: 'raise', maxTokenLifetime: 3600, why: 'tokens may now live 1h' },
    [{ ...active, maxTokenLifetime: 60 }, { ...grace, maxTokenLifetime: 60 }, standby],
    {},
  ],
] as const)('%j', (step, keys, change) => {
  expect(due(ring(...(keys as readonly Key[])), change as Partial<Seen>)).toEqual(step);
});

function compromised(): Key {
  const { deletionAt: _, ...rest } = retired;
  return { ...rest, state: 'compromised', kid: 'bad', keyArn: 'arn:bad', reason: 'leaked' };
}
function unseen(): PendingKey {
  const { observedAt: _, ...rest } = standby;
  return rest;
}

describe('what is not due yet, or not any more', () => {
  test('a retired key stays in KMS until the version without it is published, and ends once', () => {
    const older = { ...seenOf(ring(retired, active, standby), policy) };
    const published = { version: 4, kids: new Set(['active', 'standby']) };
    expect(due(ring(retired, active, standby), { ...older, published })?.kind).not.toBe('destroy');
    expect(due(ring(retired, active, standby), { published: undefined })?.kind).not.toBe('destroy');
    expect(due(ring({ ...retired, deletionAt: NOW }, active, standby))).toBeUndefined();
  });

  test('a pending key is observed only when bucket and edge both have it', () => {
    const [without, other] = [{ version: 5, kids: new Set(['active']) }, ring(active, unseen())];
    expect(due(other, { edge: without })).toBeUndefined();
    expect(due(other, { edge: undefined })).toBeUndefined();
    expect(due(other, { published: undefined })).toBeUndefined();
  });

  test('a grace ends to the second, and not while the key is retained or still ending', () => {
    const end = graceEnd(policy, grace);
    const keys = ring(grace, active, standby);
    expect(due(keys, {}, end - 1)).toBeUndefined();
    expect(due(keys, {}, end)).toEqual({
      ...{ kind: 'retire', kid: 'grace', reason: 'rotated' },
      why: 'it ended at 2027-01-15T07:59:50Z, its grace is over',
    });
    expect(due(ring({ ...grace, retained: true }, active, standby), {}, end)).toBeUndefined();
    expect(due(ring({ ...grace, ending: true }, active, standby), {}, end)?.kind).toBe('end');
  });

  test('a key at its hard end hands over in its last turn, to the second', () => {
    const notAfter = NOW + 30 * 86_400;
    const keyring = ring({ ...active, notAfter }, { ...standby, observedAt: NOW - 86_400 });
    const turn = lastTurn(policy, notAfter);
    const unhurried = { ...policy, rotationPeriod: 60 * 86_400 };
    expect(due(keyring, {}, turn - 1, unhurried)).toBeUndefined();
    const why = expect.stringContaining('active key active reaches its cryptoperiod at 2027-02-14T08:00:00Z');
    expect(due(keyring, {}, turn, unhurried)).toMatchObject({ kind: 'activate', why });
  });

  test('copies that may outlive what the policy now says are put on record before they are replaced', () => {
    const documents = renderDocuments(settled, { ...policy, edgeMaxAge: 86_400 });
    const stored = new Map(documents.map((one) => [one.path, { ...one, etag: '' }] as const));
    const why = expect.stringMatching(
      /^copies of what is published now may live until \S+Z, longer than the policy's$/,
    );
    expect(due(settled, { stored })).toMatchObject({ kind: 'outlast', why });
  });

  test('what tokens may live is raised for the key that signs, not for one that has ended', () => {
    expect(due(ring({ ...grace, maxTokenLifetime: 60 }, active, standby))).toBeUndefined();
  });

  test('a key that was burned is disabled once', () => {
    expect(due(ring({ ...compromised(), disabledAt: NOW } as Key, active, standby))).toBeUndefined();
  });

  test('documents that say the right thing and may be kept for too long are not as rendered', () => {
    const documents = renderDocuments(settled, policy).map((one) => ({ ...one, cacheControl: 'max-age=9', etag: '' }));
    const paths = documents.map(({ path }) => path);
    expect(due(settled, { stored: new Map(documents.map((one) => [one.path, one])) })).toMatchObject({
      ...{ kind: 'publish', why: `${paths.join(', ')} in the bucket is missing or not as rendered` },
    });
  });

  test('a set that is full gets no standby', () => {
    const old = (count: number) => Array.from({ length: count }, (_, at) => ({ ...grace, kid: `g${at}` }));
    expect(due(ring(active, ...old(maxKeys(policy) - 2)))?.kind).toBe('intend');
    expect(due(ring(active, ...old(maxKeys(policy) - 1)))).toBeUndefined();
  });
});

describe('a pending key that nobody wants', () => {
  const other: PendingKey = { ...common('other', 'EdDSA'), state: 'pending', observedAt: NOW };
  const failed: PendingKey = { ...standby, ...common('failed'), canaryFailures: 3 };
  test.each([
    [other, { kid: 'other', reason: 'algorithm changed', why: 'EdDSA is no longer wanted' }],
    [failed, { kid: 'failed', reason: 'canary failed', why: 'its canary failed 3 times' }],
  ])('leaves once another one stands by', (key, step) => {
    expect(due(ring(active, standby, key))).toEqual({ kind: 'retire', ...step });
    expect(due(ring(active, unseen(), key), { edge: undefined })).toBeUndefined();
    expect(due(ring(active, standby, { ...key, retained: true }))).toBeUndefined();
    const recovered = ring(active, standby, { ...key, tokensUntil: NOW + 1 });
    expect(due(recovered)).toBeUndefined();
    expect(due(recovered, {}, NOW + 1)).toEqual({ kind: 'retire', ...step });
  });
});

describe('an intent', () => {
  const intent = { id: 'k1.a', algorithm: 'ES256', openedAt: NOW } as const;
  const open: Keyring = { ...ring(active), intent };
  const why = 'intent k1.a is open';

  test('has its key made', () => expect(due(open)).toEqual({ kind: 'create', why }));

  test('takes over what a crashed tick left, if it is its own', () => {
    const left = { kind: 'adopt', keyArn: 'arn:left', why: `${why}, and its key is there` };
    expect(due(open, withKms(open, kms('arn:left')))).toEqual(left);
    for (const other of [{ genuine: false }, { intentId: 'k1.b' }, { algorithm: 'EdDSA' as const }])
      expect(due(open, withKms(open, kms('arn:left', other)))).toEqual({ kind: 'create', why });
  });

  test('a key that was made and does not show is looked for, a quarter of an hour long', () => {
    const made: Keyring = { ...open, intent: { ...intent, made: { keyArn: 'arn:made', at: NOW } } };
    const looked = { kind: 'adopt', keyArn: 'arn:made', why: `${why}, and its key has been made` };
    expect(due(made, {}, NOW + 899)).toEqual(looked);
    expect(due(made, {}, NOW + 900)).toEqual({ kind: 'create', why });
  });

  test('makes no key beyond what an issuer can need', () => {
    const keys = (count: number) => Array.from({ length: count }, (_, at) => kms(`arn:${at}`, { genuine: false }));
    // The active key is one of them.
    expect(due(open, withKms(open, ...keys(maxKmsKeys(policy) - 2)))).toEqual({ kind: 'create', why });
    expect(due(open, withKms(open, ...keys(maxKmsKeys(policy) - 1)))).toBeUndefined();
    const foreign = keys(20).map((key) => ({ ...key, intentId: 'k2.a' }));
    expect(due(open, withKms(open, ...foreign))).toEqual({ kind: 'create', why });
    const untagged = keys(20).map(({ intentId: _, ...key }) => key);
    expect(due(open, withKms(open, ...untagged))).toEqual({ kind: 'create', why });
    const disabled = keys(20).map((key) => ({ ...key, state: 'unusable' as const }));
    expect(due(open, withKms(open, ...disabled))).toEqual({ kind: 'create', why });
  });
});

describe('an orphan', () => {
  const old = NOW - orphanAge(policy) - 1;
  const orphan = kms('arn:orphan', { createdAt: old });
  test('is swept when no tick can still save it', () => {
    const step = {
      kind: 'sweep',
      keyArn: 'arn:orphan',
      why: expect.stringMatching(/^made at .*Z for a closed intent/),
    };
    expect(due(settled, withKms(settled, orphan))).toEqual(step);
    expect(due(settled, withKms(settled, { ...orphan, state: 'unusable' }))).toEqual(step);
    expect(due(settled, withKms(settled, { ...orphan, createdAt: old + 1 }))).toBeUndefined();
  });

  test.each([
    [{ genuine: false }],
    [{ state: 'pending-deletion' as const }],
    [{ state: 'gone' as const }],
    [{ state: 'hidden' as const }],
    [{ intentId: 'k2.a' }],
    [{ keyArn: 'arn:active' }],
  ])('%j is none', (change) => {
    expect(due(settled, withKms(settled, { ...orphan, ...change }))).toBeUndefined();
    const { intentId: _, ...untagged } = orphan;
    expect(due(settled, withKms(settled, untagged))).toBeUndefined();
  });

  test('not the key of the intent that is open, though it cannot be taken over just now', () => {
    const open: Keyring = { ...settled, intent: { id: 'k1.a', algorithm: 'ES256', openedAt: old } };
    expect(due(open, withKms(open, orphan))?.kind).toBe('adopt');
    const seen = { ...seenOf(open, policy), ...withKms(open, orphan) };
    expect(nextStep(open, seen, policy, NOW, new Set(['adopt:arn:orphan']))).toBeUndefined();
  });
});

test('an imported key leaves to the second, and only that one', () => {
  const foreign = { ...common('foreign').jwk, kid: 'foreign' };
  const imported = [{ jwk: foreign, until: NOW, source: 'https://old.example.com', sinceVersion: 3 }];
  const keyring: Keyring = { ...settled, imported };
  expect(due(keyring, {}, NOW - 1)).toBeUndefined();
  expect(due(keyring)).toEqual({
    ...{ kind: 'expire', kid: 'foreign' },
    why: 'it was imported from https://old.example.com until 2027-01-15T08:00:00Z',
  });
});

test('a destroyed key is forgotten when no tick can still be at it', () => {
  const gone: RetiredKey = { ...retired, deletionAt: NOW };
  const keys = ring(gone, active, standby);
  expect(due(keys, {}, NOW + orphanAge(policy))).toBeUndefined();
  expect(due(keys, {}, NOW + orphanAge(policy) + 1)).toEqual({
    ...{ kind: 'forget', kid: 'retired', why: 'KMS has destroyed it' },
  });
});

test('a step that failed is passed over in this tick, and no other', () => {
  const keys = ring({ ...retired, kid: 'one' }, { ...retired, kid: 'two' }, active, standby);
  const held = new Set(['destroy:one']);
  expect(nextStep(keys, seenOf(keys, policy), policy, NOW, held)).toMatchObject({ kind: 'destroy', kid: 'two' });
  expect(stepId({ kind: 'destroy', kid: 'one', why: '' })).toBe('destroy:one');
  expect(stepId({ kind: 'activate', key: { ...standby, observedAt: 1 }, why: '' })).toBe('activate:standby');
  expect(stepId({ kind: 'sweep', keyArn: 'arn:x', why: '' })).toBe('sweep:arn:x');
  expect(stepId({ kind: 'intend', why: '' })).toBe('intend:');
});
