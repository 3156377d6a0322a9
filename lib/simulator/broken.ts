/** What a saved keyring must not say, whatever else happened: read off each save and the one before it. */
import { thumbprint } from '../core/jwk.ts';
import { isRendered, type Keyring, renderedKeys } from '../core/keyring.ts';
import type { Evidence, KeyLife, Token } from './evidence.ts';
import { isBurned, LONGEST_TICK, type State } from './states.ts';
import type { TraceEvent } from './trace.ts';

type Broken = Evidence['broken'];
type Canary = Extract<TraceEvent, { kind: 'canary' }>;

export function broken(
  states: readonly State[],
  tokens: readonly Token[],
  canaries: readonly Canary[],
  keys: ReadonlyMap<string, KeyLife>,
): Broken {
  const pairs = states.flatMap((after, index) => {
    const before = states[index - 1];
    // What comes of a restored table follows from another past.
    return before && !before.forgetful && !after.restored ? [{ before: before.keyring, after }] : [];
  });
  return [
    ...states.flatMap(severalOf),
    ...twoKeys(states),
    ...pairs.flatMap(({ before, after }) => [...cameBack(before, after), ...unproven(before, after, canaries)]),
    ...neverActive(tokens, keys),
  ];
}

function severalOf({ since, keyring }: State): Broken {
  const active = keyring.keys.filter(({ state }) => state === 'active');
  const own = (keyring.imported ?? []).filter(({ jwk }) => keyring.keys.some(({ kid }) => kid === jwk.kid));
  return [
    ...(active.length > 1 ? [{ invariant: 'I3', what: `I3: several keys were active at ${since}` } as const] : []),
    ...own.map(({ jwk }) => {
      return { invariant: 'I2', what: `I2: imported ${jwk.kid} was one of the issuer's own at ${since}` } as const;
    }),
  ];
}

/** I10: a kid is a function of the public key. */
function twoKeys(states: readonly State[]): Broken {
  const known = new Map<string, string>();
  const found: Broken[number][] = [];
  for (const { keyring } of states) {
    for (const { kid, jwk } of renderedKeys(keyring)) {
      const text = JSON.stringify(jwk);
      const former = known.get(kid);
      if (former === text) continue;
      known.set(kid, text);
      const name = thumbprint(jwk);
      if (former !== undefined) found.push({ invariant: 'I10', what: `I10: ${kid} is two public keys` });
      if (name !== kid) found.push({ invariant: 'I10', what: `I10: ${kid} is the name of the key ${name}` });
    }
  }
  return found;
}

/** I10: who has left the documents has left for good. */
function cameBack(before: Keyring, { since, keyring }: State): Broken {
  const left = new Set(before.history.map(([kid]) => kid));
  for (const key of before.keys) if (!isRendered(key)) left.add(key.kid);
  return renderedKeys(keyring)
    .filter(({ kid }) => left.has(kid))
    .map(({ kid, state }) => ({ invariant: 'I10', what: `I10: ${kid} had left and is ${state} again at ${since}` }));
}

/** I2: before it signs, a stranger could verify what it signs. A burn does not wait for that. */
function unproven(before: Keyring, { since, keyring }: State, canaries: readonly Canary[]): Broken {
  const stateIn = (kid: string) => before.keys.find((key) => key.kid === kid)?.state;
  return keyring.keys
    .filter(({ kid, state }) => state === 'active' && stateIn(kid) !== 'active')
    .filter(() => !before.keys.some(({ kid, state }) => state === 'active' && isBurned(keyring, kid)))
    .filter(({ kid }) => {
      const proofs = canaries.filter((one) => one.kid === kid && !one.spoiled && one.at <= since);
      return !proofs.some(({ at }) => at >= since - 2 * LONGEST_TICK);
    })
    .map(({ kid }) => ({ invariant: 'I2', what: `I2: ${kid} signs from ${since} on, and no canary of it verified` }));
}

function neverActive(tokens: readonly Token[], keys: ReadonlyMap<string, KeyLife>): Broken {
  return tokens
    .filter(({ kid }) => !keys.get(kid)?.reigns.length)
    .map(({ at, kid }) => ({ invariant: 'I2', what: `I2: ${kid} signed at ${at} and was never active` }));
}
