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
  /** The issuer that the stack had before the update, where that is known. */
  readonly before?: string | undefined;
  /** Whether the update changed the distribution or the bucket behind it. */
  readonly touchesEdge: boolean;
}

export interface Proof {
  /** The key that signed; absent where something else than this update has stopped it. */
  readonly kid?: string;
  /** What is wrong all the same, and not of this update's doing. */
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
  // Each deployment before has ended with one, so it is another table that has none.
  'keyring_missing',
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
  refuseAnother(issuer, change);
  const patience = change.isFirst ? FIRST_PATIENCE_SECONDS : UPDATE_PATIENCE_SECONDS;
  const end = clock() + patience;
  for (;;) {
    const { kid, failures } = await attempt(ports, issuer);
    const own = failures.find((failure) => change.isFirst || isOfUpdate(failure, change));
    if (!own) {
      const warning = failures.map(sentence).join('; ');
      if (warning) log({ event: 'deployment', issuer, warning });
      return { ...(kid && { kid }), ...(warning && { warning }) };
    }
    const why = sentence(own);
    if (isKeyturnError(own.error, ...FINAL) || clock() + PAUSE_SECONDS > end) {
      throw new KeyturnError('deployment_failed', why, { cause: own.error });
    }
    log({ event: 'deployment', issuer, waiting: why });
    await sleep(PAUSE_SECONDS);
  }
}

/** Functions, table and bucket would serve another issuer, and the one before would be without any. */
function refuseAnother(issuer: string, { before = issuer }: Change): void {
  if (before === issuer) return;
  throw new KeyturnError(
    'deployment_failed',
    `this stack makes ${before}, and cannot make ${issuer} in its place: nobody would sign for the one, nor end its keys. ` +
      `Deploy ${issuer} as a stack of its own, or as a construct beside the other, and destroy the old one when no token of it is left`,
  );
}

/** All that fails in one round: a tick that is held must not hide that the update has stopped the signer. */
async function attempt(
  ports: DeploymentPorts,
  issuer: string,
): Promise<{ readonly kid: string | undefined; readonly failures: readonly Failure[] }> {
  const failures: Failure[] = [];
  const run = async <Result>(part: Failure['part'], work: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work();
    } catch (error) {
      failures.push({ part, error });
      return undefined;
    }
  };
  const tick = await run('tick', ports.tick);
  const canary = await run('sign', () => askForCanary(ports, issuer, tick?.holds ?? []));
  const kid =
    canary &&
    (await run('edge', async () => {
      const { body } = await ports.edge.fetch(documentPaths(issuer).jwks);
      await verifyCanary(canary.token, body, canary, issuer);
      return canary.kid;
    }));
  return { kid, failures };
}

async function askForCanary(ports: DeploymentPorts, issuer: string, holds: TickReport['holds']): Promise<CanaryToken> {
  try {
    return await ports.canary();
  } catch (error) {
    if (isKeyturnError(error, 'keyring_missing')) {
      const why = `the table has no keyring of ${issuer}: a new tableName on a living stack makes an empty table`;
      throw new KeyturnError('keyring_missing', why, { cause: error });
    }
    if (!isKeyturnError(error, 'no_active_key')) throw error;
    // Why there is no key is what the tick has said, and most often the edge.
    const edge = await ports.edge.fetch(documentPaths(issuer).jwks).catch(({ message }: Error) => ({ message }));
    const why = [...holds.map(({ why }) => why), ...('message' in edge ? [edge.message] : [])];
    const message = why.length > 0 ? why.join('; ') : error.message;
    throw new KeyturnError('no_active_key', message, { cause: error });
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
