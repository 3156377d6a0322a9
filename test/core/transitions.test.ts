import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { type OkpJwk, thumbprint } from '../../lib/core/jwk.ts';
import { renderJwks } from '../../lib/core/jwks.ts';
import {
  activeKey,
  type GraceKey,
  isRendered,
  type Keyring,
  type ObservedKey,
  type PendingKey,
  pendingKeys,
  renderedKeys,
  violations,
} from '../../lib/core/keyring.ts';
import {
  activate,
  activationTerms,
  addPending,
  disabled,
  end,
  forget,
  foundKeyring,
  noteCanaryFailure,
  observe,
  openIntent,
  raiseTokenLifetime,
  release,
  requestRotation,
  retain,
  retire,
  scheduledForDeletion,
  unobserve,
} from '../../lib/core/transitions.ts';
import { refused } from './refused.ts';

const ISSUER = 'https://auth.example.com';
const TERMS = { maxTokenLifetime: 3600 };

const jwk = (seed: number): OkpJwk => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: hash('sha256', `${seed}`, 'base64url') } as const;
  return { kty: 'OKP', kid: thumbprint(key), use: 'sig', alg: 'EdDSA', crv: key.crv, x: key.x };
};
const kid = (seed: number) => jwk(seed).kid;
const intent = (seed: number) => ({ id: `k1.${seed}`, algorithm: 'EdDSA', openedAt: seed }) as const;
const made = (seed: number) => ({ intentId: `k1.${seed}`, keyArn: `arn:${seed}`, jwk: jwk(seed) });

const founded = foundKeyring(ISSUER, 'k1', 'bucket');
const withPending = (keyring: Keyring, seed: number, now = seed) =>
  addPending(openIntent(keyring, intent(seed)), made(seed), now);
const pendingKey = (keyring: Keyring, seed: number): PendingKey => {
  const key = pendingKeys(keyring).find((candidate) => candidate.kid === kid(seed));
  if (!key) throw new Error(`key ${seed} is not pending`);
  return key;
};
/** What `activate` asks for, whether or not it is true. */
const claimed = (keyring: Keyring, seed: number, observedAt = 0): ObservedKey => ({
  ...pendingKey(keyring, seed),
  observedAt,
});
const activated = (keyring: Keyring, seed: number, now: number) =>
  activate(observe(keyring, kid(seed), now), claimed(keyring, seed, now), TERMS, now);
const states = (keyring: Keyring) => keyring.keys.map(({ state }) => state);

// 1 ended, 2 signs, 3 stands by.
const one = withPending(founded, 1, 101);
const running = withPending(activated(withPending(activated(one, 1, 110), 2, 120), 2, 220), 3, 221);
const retired = retire(running, kid(1), 'rotated', 330);

const refusal = (act: () => unknown) => {
  const { code, message } = refused(act);
  expect(code).toBe('transition_refused');
  return message;
};

describe('foundKeyring', () => {
  test('has nothing to show', () => {
    expect(founded).toEqual({
      schema: 1,
      id: 'k1',
      issuer: ISSUER,
      home: 'bucket',
      documentVersion: 0,
      keys: [],
      history: [],
    });
  });
});

describe('openIntent', () => {
  test('notes what is about to be made, and nothing else', () => {
    expect(openIntent(running, intent(4))).toEqual({ ...running, intent: intent(4) });
  });

  test('one at a time', () => {
    expect(refusal(() => openIntent(openIntent(running, intent(4)), intent(5)))).toBe('intent k1.4 is still open');
  });
});

describe('addPending', () => {
  test('closes the intent and publishes the key in the next version', () => {
    const intended = openIntent(running, intent(4));
    expect(addPending(intended, made(4), 400)).toEqual({
      ...running,
      documentVersion: running.documentVersion + 1,
      keys: [
        ...running.keys,
        {
          state: 'pending',
          kid: kid(4),
          keyArn: 'arn:4',
          algorithm: 'EdDSA',
          jwk: jwk(4),
          createdAt: 400,
          sinceVersion: running.documentVersion + 1,
        },
      ],
    });
  });

  test('the first key is in version 1', () => {
    expect(one).toMatchObject({ documentVersion: 1, keys: [{ sinceVersion: 1 }] });
    expect(one).not.toHaveProperty('intent');
  });

  test('only for the intent that is open', () => {
    expect(refusal(() => addPending(running, made(4), 400))).toBe('intent k1.4 is not open');
    expect(refusal(() => addPending(openIntent(running, intent(5)), made(4), 400))).toBe('intent k1.4 is not open');
  });

  test('never a kid again, be it pending, active, in grace, retired or history', () => {
    const again = (keyring: Keyring, seed: number) =>
      refusal(() => addPending(openIntent(keyring, intent(9)), { ...made(seed), intentId: 'k1.9' }, 400));
    for (const seed of [1, 2, 3]) expect(again(running, seed)).toBe(`key ${kid(seed)} has been in this keyring before`);
    expect(again(retired, 1)).toBe(`key ${kid(1)} has been in this keyring before`);
    expect(again(forget(retired, kid(1)), 1)).toBe(`key ${kid(1)} has been in this keyring before`);
  });
});

describe('observe and unobserve', () => {
  test('stamp the pending key, and take the stamp away', () => {
    const seen = observe(running, kid(3), 300.5);
    expect(seen).toEqual({
      ...running,
      keys: running.keys.map((key) => (key.kid === kid(3) ? { ...key, observedAt: 300.5 } : key)),
    });
    expect(unobserve(seen, kid(3))).toEqual(running);
    expect(pendingKey(unobserve(seen, kid(3)), 3)).not.toHaveProperty('observedAt');
    expect(unobserve(running, kid(3))).toEqual(running);
  });

  test.each([
    ['observe', observe],
    ['unobserve', unobserve],
    ['noteCanaryFailure', noteCanaryFailure],
  ])('%s takes a pending key only', (_, transition: (keyring: Keyring, kid: string, now: number) => Keyring) => {
    expect(refusal(() => transition(running, kid(1), 1))).toBe(`key ${kid(1)} must be pending, it is grace`);
    expect(refusal(() => transition(running, kid(2), 1))).toBe(`key ${kid(2)} must be pending, it is active`);
    expect(refusal(() => transition(retired, kid(1), 1))).toBe(`key ${kid(1)} must be pending, it is retired`);
    expect(refusal(() => transition(running, 'nobody', 1))).toBe('key nobody is not in the keyring');
  });
});

describe('noteCanaryFailure', () => {
  test('counts', () => {
    const once = noteCanaryFailure(running, kid(3));
    expect(pendingKey(once, 3)).toEqual({ ...pendingKey(running, 3), canaryFailures: 1 });
    expect(pendingKey(noteCanaryFailure(once, kid(3)), 3).canaryFailures).toBe(2);
  });
});

describe('activate', () => {
  const ready = observe(noteCanaryFailure(requestRotation(running, 'drill', 290), kid(3)), kid(3), 300);
  const terms = { maxTokenLifetime: 900, notAfter: 9000, leadWaived: 'first-deployment' } as const;

  test('lets the standby sign and ends who signed until now, without a change to what is rendered', () => {
    const next = activate(ready, claimed(ready, 3, 300), terms, 310);
    const published = {
      kid: kid(3),
      keyArn: 'arn:3',
      algorithm: 'EdDSA',
      jwk: jwk(3),
      createdAt: 221,
      sinceVersion: 3,
    };
    expect(next.keys[2]).toEqual({ ...published, state: 'active', observedAt: 300, activatedAt: 310, ...terms });
    expect(next.keys[1]).toEqual({
      state: 'grace',
      kid: kid(2),
      keyArn: 'arn:2',
      algorithm: 'EdDSA',
      jwk: jwk(2),
      createdAt: 120,
      sinceVersion: 2,
      activatedAt: 220,
      maxTokenLifetime: 3600,
      endedAt: 310,
      ending: true,
    });
    expect(next.keys[0]).toBe(ready.keys[0]);
    expect(next.documentVersion).toBe(ready.documentVersion);
    expect(JSON.stringify(renderJwks(next))).toBe(JSON.stringify(renderJwks(ready)));
  });

  test('answers the request for a rotation', () => {
    expect(activate(ready, claimed(ready, 3, 300), TERMS, 310)).not.toHaveProperty('rotationRequested');
  });

  test('a key that has ended has no more to say of how it began, nor of a time after which it must not sign', () => {
    const first = activate(observe(one, kid(1), 110), claimed(one, 1, 110), terms, 111);
    expect(first.keys[0]).toMatchObject(terms);
    expect(activated(withPending(first, 2), 2, 220).keys[0]).toEqual({
      ...pendingKey(one, 1),
      state: 'grace',
      activatedAt: 111,
      maxTokenLifetime: 900,
      endedAt: 220,
      ending: true,
    });
  });

  test('the first key ends nobody', () => {
    expect(states(activated(one, 1, 110))).toEqual(['active']);
  });

  test('only a key that has been observed, and that by the keyring’s own word', () => {
    expect(refusal(() => activate(running, claimed(running, 3), TERMS, 310))).toBe(
      `key ${kid(3)} has not been observed`,
    );
    const lost = unobserve(ready, kid(3));
    expect(refusal(() => activate(lost, claimed(ready, 3, 300), TERMS, 310))).toBe(
      `key ${kid(3)} has not been observed`,
    );
  });

  test('what the caller believes of the key changes nothing in it', () => {
    const believed: ObservedKey = { ...claimed(ready, 3, 1), jwk: jwk(7), keyArn: 'arn:7', sinceVersion: 9 };
    for (const afterVersion of [2, 3]) {
      const flushing: Keyring = { ...ready, flush: { at: 250, afterVersion, immediate: true } };
      const known = claimed(ready, 3, 300);
      expect(activate(flushing, believed, TERMS, 310)).toEqual(activate(flushing, known, TERMS, 310));
    }
  });

  test('a burn’s order is carried out by a key that entered the JWKS after it, and stands until then', () => {
    const flush = { at: 250, afterVersion: 2, immediate: false };
    expect(activate({ ...ready, flush }, claimed(ready, 3, 300), TERMS, 310)).not.toHaveProperty('flush');
    const later = { ...flush, afterVersion: 3 };
    expect(activate({ ...ready, flush: later }, claimed(ready, 3, 300), TERMS, 310).flush).toEqual(later);
  });

  test('only a pending key', () => {
    const standby = claimed(ready, 3, 300);
    const signing = activate(ready, standby, TERMS, 310);
    expect(refusal(() => activate(signing, standby, TERMS, 320))).toBe(`key ${kid(3)} must be pending, it is active`);
    expect(refusal(() => activate(founded, standby, TERMS, 320))).toBe(`key ${kid(3)} is not in the keyring`);
  });
});

describe('end', () => {
  test('stamps when no signer reads the key as active any more, once', () => {
    expect(running.keys[0]).toMatchObject({ state: 'grace', endedAt: 220, ending: true });
    const { ending: _, ...key } = running.keys[0] as GraceKey;
    const ended = end(running, kid(1), 330);
    expect(ended).toEqual({ ...running, keys: [{ ...key, endedAt: 330 }, running.keys[1], running.keys[2]] });
    expect(end(ended, kid(1), 320)).toEqual(ended);
  });

  test('only of a key in grace', () => {
    expect(refusal(() => end(running, kid(2), 330))).toBe(`key ${kid(2)} must be grace, it is active`);
  });
});

describe('retire', () => {
  test('takes a key out of the JWKS, with the next version, and leaves little of it', () => {
    expect(retired).toEqual({
      ...running,
      documentVersion: 4,
      keys: [
        { state: 'retired', kid: kid(1), keyArn: 'arn:1', endedAt: 220, reason: 'rotated', removedInVersion: 4 },
        running.keys[1],
        running.keys[2],
      ],
    });
  });

  test('a pending key that will never sign ends with it', () => {
    expect(retire(running, kid(3), 'algorithm changed', 330).keys[2]).toEqual({
      state: 'retired',
      kid: kid(3),
      keyArn: 'arn:3',
      endedAt: 330,
      reason: 'algorithm changed',
      removedInVersion: 4,
    });
  });

  test('neither the key that signs nor one that is gone', () => {
    expect(refusal(() => retire(running, kid(2), 'rotated', 330))).toBe(
      `key ${kid(2)} must be grace or pending, it is active`,
    );
    expect(refusal(() => retire(retired, kid(1), 'rotated', 330))).toBe(
      `key ${kid(1)} must be grace or pending, it is retired`,
    );
    expect(refusal(() => retire(running, 'nobody', 'rotated', 330))).toBe('key nobody is not in the keyring');
  });

  test.each([1, 3])('not key %i while an operator retains it', (seed) => {
    const keys = running.keys.map((key) =>
      key.kid === kid(seed) && isRendered(key) ? { ...key, retained: true as const } : key,
    );
    expect(refusal(() => retire({ ...running, keys }, kid(seed), 'rotated', 330))).toBe(
      `key ${kid(seed)} is retained by an operator`,
    );
  });

  test('not the only one in the JWKS', () => {
    expect(refusal(() => retire(one, kid(1), 'canary failed', 330))).toBe(`key ${kid(1)} is the only one in the JWKS`);
    // Keys that are gone do not count.
    const last = retire(withPending(one, 2), kid(1), 'canary failed', 330);
    expect(refusal(() => retire(last, kid(2), 'canary failed', 330))).toBe(`key ${kid(2)} is the only one in the JWKS`);
  });
});

describe('scheduledForDeletion', () => {
  test('notes when KMS destroys the key', () => {
    expect(scheduledForDeletion(retired, kid(1), 999)).toEqual({
      ...retired,
      keys: retired.keys.map((key) => (key.kid === kid(1) ? { ...key, deletionAt: 999 } : key)),
    });
  });

  test('only of a key that is out of the JWKS', () => {
    expect(refusal(() => scheduledForDeletion(running, kid(1), 999))).toBe(
      `key ${kid(1)} must be retired, it is grace`,
    );
    expect(refusal(() => scheduledForDeletion(running, kid(2), 999))).toBe(
      `key ${kid(2)} must be retired, it is active`,
    );
    expect(refusal(() => scheduledForDeletion(running, 'nobody', 999))).toBe('key nobody is not in the keyring');
  });
});

describe('forget', () => {
  test('leaves a line', () => {
    const before: Keyring = { ...retired, history: [['older', 1, 'rotated']] };
    expect(forget(before, kid(1))).toEqual({
      ...retired,
      keys: retired.keys.slice(1),
      history: [
        ['older', 1, 'rotated'],
        [kid(1), 220, 'rotated'],
      ],
    });
  });

  test('cuts the end to the second', () => {
    const late = retire(running, kid(3), 'canary failed', 330.999);
    expect(forget(late, kid(3)).history).toEqual([[kid(3), 330, 'canary failed']]);
  });

  test('only a retired key', () => {
    expect(refusal(() => forget(running, kid(1)))).toBe(`key ${kid(1)} must be retired, it is grace`);
    expect(refusal(() => forget(running, kid(3)))).toBe(`key ${kid(3)} must be retired, it is pending`);
    expect(refusal(() => forget(running, 'nobody'))).toBe('key nobody is not in the keyring');
  });
});

describe('raiseTokenLifetime', () => {
  test('raises what the active key promises, and the version, so that a restored table is noticed', () => {
    const raised = raiseTokenLifetime(running, 3601);
    expect(raised).toEqual({
      ...running,
      documentVersion: running.documentVersion + 1,
      keys: running.keys.map((key) => (key.state === 'active' ? { ...key, maxTokenLifetime: 3601 } : key)),
    });
  });

  test('never lowers it', () => {
    expect(refusal(() => raiseTokenLifetime(running, 3600))).toBe(
      "a key's token lifetime is never lowered: it is 3600 s, got 3600 s",
    );
    expect(refusal(() => raiseTokenLifetime(running, 60))).toBe(
      "a key's token lifetime is never lowered: it is 3600 s, got 60 s",
    );
  });

  test('needs an active key', () => {
    expect(refusal(() => raiseTokenLifetime(one, 7200))).toBe('there is no active key');
  });
});

describe('activationTerms', () => {
  test('record what the policy promises of the key', () => {
    expect(activationTerms({ maxTokenLifetime: 900, cryptoperiod: undefined }, 310)).toEqual({ maxTokenLifetime: 900 });
    expect(activationTerms({ maxTokenLifetime: 900, cryptoperiod: 100 }, 310, 'burn')).toEqual({
      maxTokenLifetime: 900,
      notAfter: 410,
      leadWaived: 'burn',
    });
    // A hard end is a hard end.
    expect(activationTerms({ maxTokenLifetime: 900, cryptoperiod: 0 }, 310).notAfter).toBe(310);
  });
});

describe('retain and release', () => {
  test.each([1, 2, 3])('key %i is kept until it is let go', (seed) => {
    const kept = retain(running, kid(seed));
    expect(kept).toEqual({
      ...running,
      keys: running.keys.map((key) => (key.kid === kid(seed) ? { ...key, retained: true } : key)),
    });
    expect(release(kept, kid(seed))).toEqual(running);
    expect(release(running, kid(seed))).toEqual(running);
  });

  test.each([
    ['retain', retain],
    ['release', release],
  ])('%s takes a key in the JWKS only', (_, transition) => {
    expect(refusal(() => transition(retired, kid(1)))).toBe(
      `key ${kid(1)} must be pending or active or grace, it is retired`,
    );
    expect(refusal(() => transition(running, 'nobody'))).toBe('key nobody is not in the keyring');
  });

  test('a retained key stays so when it begins and when it ceases to sign', () => {
    const kept = activated(retain(running, kid(3)), 3, 310);
    const ended = activated(withPending(kept, 4), 4, 410);
    expect(refusal(() => retire(ended, kid(3), 'rotated', 500))).toBe(`key ${kid(3)} is retained by an operator`);
  });
});

describe('disabled', () => {
  const burned: Keyring = {
    ...retired,
    keys: retired.keys.map((key) => (key.state === 'retired' ? { ...key, state: 'compromised' } : key)),
  };

  test('notes when the KMS key of a compromised key ceased to sign', () => {
    expect(disabled(burned, kid(1), 999)).toEqual({
      ...burned,
      keys: burned.keys.map((key) => (key.kid === kid(1) ? { ...key, disabledAt: 999 } : key)),
    });
  });

  test('only of a compromised key, which nothing else touches any more', () => {
    expect(refusal(() => disabled(retired, kid(1), 999))).toBe(`key ${kid(1)} must be compromised, it is retired`);
    expect(refusal(() => disabled(burned, 'nobody', 999))).toBe('key nobody is not in the keyring');
    expect(refusal(() => forget(burned, kid(1)))).toBe(`key ${kid(1)} must be retired, it is compromised`);
    expect(refusal(() => scheduledForDeletion(burned, kid(1), 999))).toBe(
      `key ${kid(1)} must be retired, it is compromised`,
    );
    expect(refusal(() => observe(burned, kid(1), 999))).toBe(`key ${kid(1)} must be pending, it is compromised`);
    expect(refusal(() => retire(burned, kid(1), 'rotated', 999))).toBe(
      `key ${kid(1)} must be grace or pending, it is compromised`,
    );
    expect(refusal(() => retain(burned, kid(1)))).toBe(
      `key ${kid(1)} must be pending or active or grace, it is compromised`,
    );
  });
});

describe('requestRotation', () => {
  test('notes who asked for what, the last one wins', () => {
    expect(requestRotation(running, 'drill', 400)).toEqual({
      ...running,
      rotationRequested: { at: 400, reason: 'drill' },
    });
    expect(requestRotation(requestRotation(running, 'drill', 400), 'audit', 500).rotationRequested).toEqual({
      at: 500,
      reason: 'audit',
    });
  });
});

describe('whatever the sequence of transitions', () => {
  // Few keys, so that kids come up again and again.
  const act = fc.record({
    kind: fc.constantFrom(
      ...(['create', 'create', 'observe', 'observe', 'observe', 'activate', 'activate', 'activate'] as const),
      ...(['end', 'end', 'end', 'end', 'retire', 'schedule', 'schedule', 'forget'] as const),
      ...(['intend', 'unobserve', 'canary', 'raise', 'request', 'retain', 'release', 'release'] as const),
    ),
    seed: fc.nat(6),
  });
  type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

  /** Members that a later release has written and this one does not know. */
  const later = { later: { kept: true } };
  const marked = (keyring: Keyring, name: string): Keyring => ({
    ...keyring,
    keys: keyring.keys.map((key) => (key.kid === name ? { ...key, ...later } : key)),
  });

  function step(keyring: Keyring, { kind, seed }: Act, now: number): Keyring {
    const name = kid(seed);
    switch (kind) {
      case 'intend':
        return openIntent(keyring, { ...intent(now), ...later });
      case 'create': {
        const intended = keyring.intent ? keyring : openIntent(keyring, intent(now));
        const key = { ...made(seed), jwk: { ...jwk(seed), ...later }, intentId: intended.intent?.id ?? '' };
        return marked(addPending(intended, key, now), name);
      }
      case 'observe':
        return observe(keyring, name, now);
      case 'unobserve':
        return unobserve(keyring, name);
      case 'canary':
        return noteCanaryFailure(keyring, name);
      case 'activate': {
        const { intentId: _, ...common } = made(seed);
        const published = { ...common, kid: name, algorithm: 'EdDSA', createdAt: 0, sinceVersion: 1 } as const;
        return activate(keyring, { ...published, state: 'pending', observedAt: 0 }, TERMS, now);
      }
      case 'end':
        return end(keyring, name, now);
      case 'retire':
        // Here the key shrinks; what is written beside it later stays again.
        return marked(retire(keyring, name, 'rotated', now), name);
      case 'schedule':
        return scheduledForDeletion(keyring, name, now);
      case 'forget':
        return forget(keyring, name);
      case 'raise':
        return raiseTokenLifetime(keyring, now * 3600);
      case 'request':
        return requestRotation(keyring, 'drill', now);
      case 'retain':
        return retain(keyring, name);
      case 'release':
        return release(keyring, name);
    }
  }

  const keysOf = (keyring: Keyring) => JSON.stringify(renderJwks(keyring).keys);
  const stateOf = (keyring: Keyring, name: string) =>
    keyring.keys.find((key) => key.kid === name)?.state ??
    (keyring.history.some(([past]) => past === name) ? 'history' : 'unborn');
  const MOVES: Record<string, readonly string[]> = {
    unborn: ['unborn', 'pending'],
    pending: ['pending', 'active', 'retired'],
    active: ['active', 'grace'],
    grace: ['grace', 'retired'],
    retired: ['retired', 'history'],
    history: ['history'],
  };

  function compare(before: Keyring, after: Keyring) {
    const [was, is] = [activeKey(before), activeKey(after)];
    const promised = was && was.kid === is?.kid && is.maxTokenLifetime > was.maxTokenLifetime;
    const changed = promised || keysOf(after) !== keysOf(before);
    expect(after.documentVersion).toBe(before.documentVersion + (changed ? 1 : 0));
    expect(violations(after)).toEqual([]);
    if (renderedKeys(before).length > 0) expect(renderedKeys(after)).not.toEqual([]);
    for (let seed = 0; seed < 7; seed++) {
      expect(MOVES[stateOf(before, kid(seed))]).toContain(stateOf(after, kid(seed)));
    }
    expect(after.history.slice(0, before.history.length)).toEqual(before.history);
    expect(after).toMatchObject(later);
    if (before.intent && after.intent) expect(after.intent).toEqual(before.intent);
    for (const key of after.keys) expect(key).toMatchObject(isRendered(key) ? { ...later, jwk: later } : later);
    if (was && is?.kid === was.kid) expect(is.maxTokenLifetime).toBeGreaterThanOrEqual(was.maxTokenLifetime);
    if (was) expect(is).toBeDefined();
  }

  test('the version rises exactly with the rendered keys or a promise, no kid comes back, nothing unknown is lost', () => {
    const done = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(act, { minLength: 60, maxLength: 160, size: 'max' }), (acts) => {
        let keyring: Keyring = frozen({ ...founded, ...later });
        for (const [index, current] of acts.entries()) {
          try {
            const next = step(keyring, current, 1000 + index);
            compare(keyring, next);
            done.set(current.kind, (done.get(current.kind) ?? 0) + 1);
            keyring = frozen(next);
          } catch (error) {
            if (!(error instanceof KeyturnError)) throw error;
            expect(error.code).toBe('transition_refused');
          }
        }
      }),
      { numRuns: 100 },
    );
    // None of this would mean much if most were refused.
    expect(done.size).toBe(14);
    for (const count of done.values()) expect(count).toBeGreaterThan(5);
  });

  /** A transition that changes what it was given throws. */
  function frozen<T>(value: T): T {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
    for (const member of Object.values(value)) frozen(member);
    return Object.freeze(value);
  }
});

test('a thousand rotations leave less than 100 KB', () => {
  let keyring = activated(withPending(founded, 0), 0, 1_764_000_000);
  for (let rotation = 1; rotation <= 1000; rotation++) {
    const now = 1_764_000_000.123 + rotation * 90 * 86_400;
    keyring = activated(withPending(keyring, rotation, now), rotation, now + 0.5);
    const former = kid(rotation - 1);
    keyring = forget(scheduledForDeletion(retire(keyring, former, 'rotated', now + 1), former, now + 2), former);
  }
  expect(keyring).toMatchObject({ documentVersion: 2001, keys: [{ state: 'active' }] });
  expect(keyring.history).toHaveLength(1000);
  expect(new Set(keyring.history.map(([name]) => name)).size).toBe(1000);
  expect(violations(keyring)).toEqual([]);
  // In DynamoDB an item may have 400 KB; this is read by every signer.
  expect(Buffer.byteLength(JSON.stringify(keyring))).toBeLessThan(100_000);
});
