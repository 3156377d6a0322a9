/** What is not as it should be and that no step of this tick can mend: each is a reason for an alarm. */
import { documentPaths } from './issuer.ts';
import { isRendered, type Keyring, type KeyState, pendingKeys, publishedCount } from './keyring.ts';
import { ownKmsKeys } from './lifecycle.ts';
import type { Seen } from './look.ts';
import { maxKeys, maxKmsKeys, unsafe } from './policy.ts';
import { readiness } from './readiness.ts';

export type HoldKind =
  | 'rotation'
  | 'edge'
  | 'standby'
  | 'key-cap'
  | 'foreign-key'
  | 'active-key'
  | 'standby-key'
  | 'burned-key'
  | 'unsafe-windows'
  | 'step';
export interface Hold {
  readonly kind: HoldKind;
  readonly why: string;
  /** Of a step that failed: which, and the error's code. */
  readonly step?: string;
  readonly code?: string;
}

/** A step that could not be done; `code` is the name of an error that is not ours. */
export function heldStep(step: string, error: unknown): Hold & { readonly code: string } {
  const { name: code, message } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'step', step, code, why: `${step}: ${message}` };
}

type Situation = Parameters<typeof readiness>[0];

const SIGNS: Partial<Record<KeyState, HoldKind>> = { active: 'active-key', pending: 'standby-key' };

/**
 * What somebody else has done to the keys in KMS, as a tick finds it. It is told in the very tick that mends it, by a standby
 * that takes over or a key that is disabled once more.
 */
export function meddling(keyring: Keyring, { kms }: Pick<Seen, 'kms'>): Hold[] {
  return keyring.keys.flatMap((key): Hold[] => {
    const { kid, state, keyArn } = key;
    const found = kms.get(keyArn)?.state;
    if (state === 'compromised' && key.disabledAt !== undefined && found === 'enabled')
      return [{ kind: 'burned-key', why: `burned key ${kid} is enabled in KMS again` }];
    const kind = SIGNS[state];
    if (!kind || !found || found === 'enabled') return [];
    return [{ kind, why: `${state} key ${kid} is ${found} in KMS` }];
  });
}

/** The holds of a keyring with which nothing is left to do now. */
export function holds(situation: Situation): Hold[] {
  const { keyring, seen, policy } = situation;
  const found: Hold[] = [];
  const add = (kind: HoldKind, why: string) => found.push({ kind, why });

  if (policy.unsafeWindows) for (const problem of unsafe(policy)) add('unsafe-windows', problem);

  const { ready, wanted, why } = readiness(situation);
  if (wanted && !ready) add('rotation', why);

  const edge = edgeProblem(seen, documentPaths(policy.issuer).jwks);
  if (edge) add('edge', edge);

  const published = publishedCount(keyring);
  if (!keyring.intent && pendingKeys(keyring).length === 0 && published >= maxKeys(policy)) {
    add('standby', `the JWKS holds ${published} keys, at most ${maxKeys(policy)} are allowed: no room for a standby`);
  }
  const own = ownKmsKeys(keyring.id, seen).length;
  if (keyring.intent && own >= maxKmsKeys(policy)) {
    add(
      'key-cap',
      `KMS holds ${own} enabled keys of this issuer, the policy can need ${maxKmsKeys(policy)}: none is made`,
    );
  }
  for (const key of seen.kms.values()) {
    const ours = keyring.keys.some((other) => other.keyArn === key.keyArn && isRendered(other));
    if (!ours && !key.genuine && (key.state === 'enabled' || key.state === 'hidden')) {
      add('foreign-key', `KMS key ${key.keyArn} carries this issuer's tag but is not as Keyturn makes keys`);
    }
  }
  return found;
}

function edgeProblem({ edge, published, edgeBody, stored }: Seen, jwksPath: string): string | undefined {
  if (!edge) return 'the edge does not serve the JWKS';
  if (!published) return 'the bucket holds no JWKS';
  // A key more, and the same version: somebody else's work.
  const isSame = edgeBody === stored.get(jwksPath)?.body;
  if (edge.version === published.version) {
    return isSame ? undefined : `the edge serves version ${edge.version} with other contents than the bucket`;
  }
  return `the edge serves version ${edge.version}, the bucket holds ${published.version}`;
}
