/** What is not as it should be and that no step of this tick can mend: each is a reason for an alarm. */
import { documentPaths } from './issuer.ts';
import { activeKey, isRendered, pendingKeys, publishedCount } from './keyring.ts';
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
  | 'unsafe-windows'
  | 'step';
export interface Hold {
  readonly kind: HoldKind;
  readonly why: string;
}

type Situation = Parameters<typeof readiness>[0];

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

  const active = activeKey(keyring);
  const kms = active && seen.kms.get(active.keyArn);
  if (kms && kms.state !== 'enabled') add('active-key', `active key ${active.kid} is ${kms.state} in KMS`);

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
