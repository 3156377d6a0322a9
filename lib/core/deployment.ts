/**
 * The end of a deployment: the first key is made, and a token is signed and verified as a stranger would, or the
 * deployment fails with the reason. A first deployment waits out what IAM, KMS, tags and DNS need to get round. An update
 * fails only for what it broke itself: a rotation that is held must never block its own fix.
 */
import { type CanaryToken, verifyCanary } from './canary.ts';
import { type ErrorCode, isKeyturnError, KeyturnError } from './errors.ts';
import { documentPaths } from './issuer.ts';
import type { Clock, Edge } from './ports.ts';
import type { TickReport } from './rotate.ts';

export interface DeploymentPorts {
  /** One run of the deployed rotate function. */
  readonly tick: () => Promise<TickReport>;
  /** By the deployed sign function, with the active key. */
  readonly canary: () => Promise<CanaryToken>;
  readonly edge: Edge;
  readonly clock: Clock;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly log: (line: object) => void;
}

export interface Change {
  readonly isFirst: boolean;
  /** Whether the update changed the distribution or the bucket behind it. */
  readonly touchesEdge: boolean;
}

export interface Proof {
  /** The key that signed; absent where an update found nothing of its own doing to prove. */
  readonly kid?: string;
  /** What is wrong all the same. */
  readonly warning?: string;
}

interface Failure {
  readonly part: 'tick' | 'sign' | 'edge';
  readonly error: unknown;
}

/** Lambda ends after 15 minutes, and a tick takes up to two. */
const FIRST_PATIENCE_SECONDS = 12 * 60;
const UPDATE_PATIENCE_SECONDS = 5 * 60;
const PAUSE_SECONDS = 10;

/** Waiting does not help: what was deployed has to change. */
const FINAL: readonly ErrorCode[] = [
  'policy_invalid',
  'policy_unsafe',
  'environment_invalid',
  'algorithm_unknown',
  'keyring_elsewhere',
  'keyring_too_new',
  'issuer_closed',
];
/** States of the issuer that were there before the update, and that ticks and operators mend. */
const NOT_THE_UPDATE: readonly ErrorCode[] = [
  'document_newer',
  'document_conflict',
  'keyring_conflict',
  'clock_skewed',
  'no_active_key',
  'key_unusable',
  'throttled',
];

/** @throws KeyturnError `deployment_failed` with the reason of the last attempt */
export async function prove(ports: DeploymentPorts, issuer: string, change: Change): Promise<Proof> {
  const { clock, sleep, log } = ports;
  const patience = change.isFirst ? FIRST_PATIENCE_SECONDS : UPDATE_PATIENCE_SECONDS;
  const end = clock() + patience;
  for (;;) {
    const result = await attempt(ports, issuer);
    if ('kid' in result) return result;
    const why = sentence(result);
    if (!change.isFirst && !isOfUpdate(result, change)) {
      log({ event: 'deployment', issuer, warning: why });
      return { warning: why };
    }
    if (isKeyturnError(result.error, ...FINAL) || clock() + PAUSE_SECONDS > end) {
      throw new KeyturnError('deployment_failed', why, { cause: result.error });
    }
    log({ event: 'deployment', issuer, waiting: why });
    await sleep(PAUSE_SECONDS);
  }
}

async function attempt(ports: DeploymentPorts, issuer: string): Promise<Failure | { readonly kid: string }> {
  let holds: TickReport['holds'];
  try {
    ({ holds } = await ports.tick());
  } catch (error) {
    return { part: 'tick', error };
  }
  let canary: CanaryToken;
  try {
    canary = await ports.canary();
  } catch (error) {
    if (!isKeyturnError(error, 'no_active_key')) return { part: 'sign', error };
    // Why there is no key is what the tick has said, and most often the edge.
    const edge = await ports.edge.fetch(documentPaths(issuer).jwks).catch(({ message }: Error) => ({ message }));
    const why = [...holds.map(({ why }) => why), ...('message' in edge ? [edge.message] : [])];
    const message = why.length > 0 ? why.join('; ') : error.message;
    return { part: 'sign', error: new KeyturnError('no_active_key', message, { cause: error }) };
  }
  try {
    const { body } = await ports.edge.fetch(documentPaths(issuer).jwks);
    await verifyCanary(canary.token, body, canary, issuer);
    return { kid: canary.kid };
  } catch (error) {
    return { part: 'edge', error };
  }
}

function isOfUpdate({ part, error }: Failure, { touchesEdge }: Change): boolean {
  return part === 'edge' ? touchesEdge : !isKeyturnError(error, ...NOT_THE_UPDATE);
}

const WHAT = { tick: 'a tick fails', sign: 'no token is signed', edge: 'the token does not verify at the edge' };

function sentence({ part, error }: Failure): string {
  const { name, message } = error as Error;
  return `${WHAT[part]}: ${isKeyturnError(error) ? error.code : name}: ${message}`;
}
