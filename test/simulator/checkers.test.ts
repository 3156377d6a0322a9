/** That the checkers bite: evidence with one thing wrong, where no change of the rules can bring it about. */
import { describe, expect, test } from 'vitest';
import type { Exposure } from '../../lib/core/exposure.ts';
import { activeKey } from '../../lib/core/keyring.ts';
import { INVARIANTS, type Invariant } from '../../lib/simulator/evidence.ts';
import { evidenceOfTrace } from '../../lib/simulator/evidence-of-trace.ts';
import { CHECKERS, verdicts } from '../../lib/simulator/invariants.ts';
import { experience } from '../../lib/simulator/population.ts';
import type { TraceEvent } from '../../lib/simulator/trace.ts';
import { World } from '../../lib/simulator/world.ts';
import { MINUTE, WINDOWS } from './settling.ts';

async function life(settings: Record<string, unknown> = WINDOWS, burnAt?: number): Promise<World> {
  const world = new World(settings, 'checkers');
  const signer = world.signer();
  for (let tick = 0; tick < 16; tick++) {
    if (tick === burnAt) await world.burn({ kids: [activeKey(world.keyring)?.kid ?? ''], flush: true });
    await world.tick();
    await world.sign(signer, 'a', { expiresIn: 600 });
    world.now += 15 * MINUTE;
  }
  world.trace.push({ at: world.now, kind: 'calm' });
  for (let tick = 0; tick < 7; tick++) {
    await world.tick();
    await world.sign(signer, 'a', { expiresIn: 600 });
    world.now += 15 * MINUTE;
  }
  return world;
}
const world = await life();
const judge = (trace: readonly TraceEvent[]) => verdicts(evidenceOfTrace(trace, world.policy));
const violated = (trace: readonly TraceEvent[]) =>
  judge(trace).flatMap(({ invariant, verdict }) => (verdict === 'violated' ? [invariant] : []));

test('a life without faults: everything that it shows holds', () => {
  // Nothing was burned.
  for (const { invariant, verdict, checked } of judge(world.trace)) {
    expect([invariant, verdict]).toEqual([invariant, invariant === 'I6' ? 'undecided' : 'holds']);
    expect(checked > 0).toBe(invariant !== 'I6');
  }
});

test('nothing seen is nothing decided', () => {
  expect(new Set(judge([]).map(({ verdict }) => verdict))).toEqual(new Set(['undecided']));
  expect(Object.keys(CHECKERS)).toEqual([...INVARIANTS]);
});

const change = (pick: (event: TraceEvent, index: number) => TraceEvent[]) => world.trace.flatMap(pick);
const documents = world.trace.filter((event) => event.kind === 'document');
const lastSave = world.trace.findLast((event) => event.kind === 'save');
const lastAt = world.trace.at(-1)?.at ?? 0;
const signing = world.trace.flatMap((event) => (event.kind === 'save' ? (activeKey(event.keyring)?.kid ?? []) : []));
const secondKid = [...new Set(signing)][1] ?? '';

describe.each<[Invariant, string, () => TraceEvent[]]>([
  [
    'I3',
    'two active keys',
    () =>
      change((event) =>
        event === lastSave && event.kind === 'save'
          ? [
              {
                ...event,
                keyring: {
                  ...event.keyring,
                  keys: event.keyring.keys.map(
                    (key) => (key.state === 'pending' ? { ...key, state: 'active' } : key) as typeof key,
                  ),
                },
              },
            ]
          : [event],
      ),
  ],
  ['I4', 'the bucket lags behind', () => change((event) => (event === documents.at(-1) ? [] : [event]))],
  [
    'I4',
    'a key in no keyring',
    () => [{ at: world.trace[0]?.at ?? 0, kind: 'created', keyArn: 'arn:lost' }, ...world.trace],
  ],
  [
    'I5',
    'an older version',
    () =>
      change((event) =>
        event === documents[3] ? [event, { ...(documents[0] as TraceEvent), at: event.at }, event] : [event],
      ),
  ],
  [
    'I5',
    'a private member',
    () =>
      change((event) =>
        event === documents[0] && event.kind === 'document'
          ? [{ ...event, body: event.body.replace('"kty"', '"d":"AA","kty"') }]
          : [event],
      ),
  ],
  [
    'I7',
    'a decision by a clock that is off',
    () => [...world.trace, { at: lastAt, kind: 'tick', began: lastAt, offset: 90, holds: [] }],
  ],
  [
    'I8',
    'a KMS key that signs is disabled',
    () => {
      const active =
        lastSave?.kind === 'save' ? lastSave.keyring.keys.find(({ state }) => state === 'active') : undefined;
      return [...world.trace, { at: lastAt, kind: 'ending', call: 'disable', keyArn: active?.keyArn ?? '' }];
    },
  ],
  [
    'I9',
    'an old key, and no hold',
    () => [...world.trace, { at: lastAt + 7200, kind: 'tick', began: lastAt + 7200, offset: 0, holds: [] }],
  ],
  [
    'I10',
    'one kid for two keys',
    () =>
      change((event) =>
        event === lastSave && event.kind === 'save'
          ? [
              {
                ...event,
                keyring: {
                  ...event.keyring,
                  keys: event.keyring.keys.map(
                    (key) => ('jwk' in key ? { ...key, jwk: { ...key.jwk, x: 'AAAA' } } : key) as typeof key,
                  ),
                },
              },
            ]
          : [event],
      ),
  ],
  [
    'I2',
    'a token of a key that never was active',
    () => [
      ...world.trace,
      { at: lastAt, kind: 'token', signer: 'a', kid: 'nobody', issuedAt: lastAt, expiresAt: lastAt + 1 },
    ],
  ],
  [
    'I2',
    'no canary of a key verified that signs',
    () => change((event) => (event.kind === 'canary' ? [{ ...event, spoiled: true }] : [event])),
  ],
  [
    'I2',
    'a key says that a burn had it sign, and there was none',
    () => {
      const standby = documents[1];
      const signs = world.trace.find((event) => event.kind === 'save' && activeKey(event.keyring)?.kid === secondKid);
      if (standby?.kind !== 'document' || signs?.kind !== 'save') return [];
      const keys = signs.keyring.keys.map((key) => (key.state === 'active' ? { ...key, leadWaived: 'burn' } : key));
      const early = { ...signs, at: standby.at + 1, keyring: { ...signs.keyring, keys } } as TraceEvent;
      const { at } = early;
      const token = { at, kind: 'token', signer: 'a', kid: secondKid, issuedAt: at, expiresAt: at + 600 } as const;
      return [...world.trace.filter((event) => event.at <= standby.at), early, token];
    },
  ],
  [
    'I8',
    'a key is swept that a tick may still save',
    () => [
      ...world.trace,
      { at: lastAt, kind: 'created', keyArn: 'arn:young' },
      { at: lastAt + 121, kind: 'ending', call: 'destroy', keyArn: 'arn:young' },
    ],
  ],
  [
    'I10',
    'a kid that is no thumbprint',
    () => JSON.parse(JSON.stringify(world.trace).replaceAll(secondKid, 'key-2')) as TraceEvent[],
  ],
  [
    'I10',
    'a key that was retired is pending again',
    () => {
      const former = world.trace.flatMap((event) => (event.kind === 'save' ? event.keyring.keys : []));
      const first = former.find(({ state }) => state === 'pending');
      return change((event) =>
        event === lastSave && event.kind === 'save' && first
          ? [
              {
                ...event,
                keyring: {
                  ...event.keyring,
                  keys: [...event.keyring.keys.filter(({ kid }) => kid !== first.kid), first],
                },
              },
            ]
          : [event],
      );
    },
  ],
  [
    'I11',
    'a token that outlives the end of its key',
    () =>
      change((event) =>
        event.kind === 'save'
          ? [
              {
                ...event,
                keyring: {
                  ...event.keyring,
                  keys: event.keyring.keys.map((key) =>
                    key.state === 'active' ? { ...key, notAfter: key.activatedAt + 900 } : key,
                  ),
                },
              },
            ]
          : [event],
      ),
  ],
])('%s: %s', (invariant, _, trace) => {
  test('is noticed', () => expect(violated(trace())).toContain(invariant));
});

describe('of a burn', async () => {
  const burned = await life(WINDOWS, 12);
  const answer = (change: (exposure: Exposure) => Exposure[]) =>
    burned.trace.map((event) =>
      event.kind === 'burn' ? { ...event, exposure: event.exposure.flatMap(change) } : event,
    );

  test('what it said and did holds', () => expect(violated(burned.trace)).toEqual([]));

  test.each<[string, RegExp, () => TraceEvent[]]>([
    ['the answer says nothing of a verifier', /does not say until when blind may accept/, () => answer(() => [])],
    [
      'the answer hides who refuses the fresh key',
      /blind may refuse .* and no burn said so/,
      () => answer(({ rejectsFreshUntil: _, ...rest }) => [rest]),
    ],
    [
      'the answer forgets the caches',
      /may accept a burned key until/,
      () => answer((exposure) => [{ ...exposure, acceptsBurnedUntil: burned.trace[0]?.at ?? 0 }]),
    ],
    [
      'the answer names no key, and one that is burned is published',
      /said removed, and the keys left at/,
      () => {
        const at = burned.trace.findIndex(({ kind }) => kind === 'burn');
        return burned.trace.flatMap((event, index): TraceEvent[] => {
          if (event.kind === 'document' && index < at && event.at === burned.trace[at]?.at) return [];
          return event.kind === 'burn' ? [{ ...event, kids: [] }] : [event];
        });
      },
    ],
  ])('%s', (_, sentence, trace) => {
    const found = judge(trace()).find(({ invariant }) => invariant === 'I6');
    expect(found?.violations.join('\n')).toMatch(sentence);
  });
});

describe('verifiers', () => {
  test('where all is well none of any kind refuses anything', () => {
    const evidence = evidenceOfTrace(world.trace, world.policy);
    for (const verifier of world.policy.verifiers ?? []) {
      for (const name of ['one', 'two', 'three', 'four']) {
        const { rejections, verifications, fetches } = experience(evidence, verifier, name);
        expect(rejections).toEqual([]);
        expect(verifications).toBeGreaterThan(4000);
        expect(fetches).toBeGreaterThan(4);
      }
    }
  });

  test('where keys sign at once, those that do not ask again refuse for as long as they are blind', async () => {
    const hasty = await life({ ...WINDOWS, publicationLead: '1s', rotationPeriod: '16m', unsafeWindows: true });
    for (let count = 0; count < 2; count++) await hasty.rotateNow();
    hasty.now += MINUTE;
    await hasty.tick();
    await hasty.sign(hasty.signer(), 'a', { expiresIn: 600 });
    hasty.now += 30 * MINUTE;
    await hasty.tick();
    const evidence = evidenceOfTrace(hasty.trace, hasty.policy);
    const [blind] = hasty.policy.verifiers ?? [];
    const seen = ['1', '2', '3', '4', '5', '6'].map((name) =>
      blind ? experience(evidence, blind, name).rejections : [],
    );
    expect(seen.flat().length).toBeGreaterThan(0);
    for (const { since, until } of seen.flat()) expect(until - since).toBeLessThanOrEqual(22 * MINUTE);
  });
});
