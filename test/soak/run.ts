/** One soak: an issuer that rotates, callers that sign, verifiers that verify, until enough rotations are over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalStack, startLocalStack } from '../../lib/cli/local-stack.ts';
import { type Policy, parsePolicy } from '../../lib/core/config.ts';
import { documentPaths } from '../../lib/core/issuer.ts';
import { burnActiveKey } from './burn.ts';
import { Crowd } from './crowd.ts';
import { watchSigners } from './environments.ts';
import { AUDIENCE, signUntil } from './load.ts';
import { Tally } from './tally.ts';
import { until } from './wait.ts';
import { windows } from './windows.ts';

export const SIGNERS = 4;

export interface RunOptions {
  readonly rotations: number;
  /** In place of the least safe one. */
  readonly lead?: string | undefined;
  /** Burns the active key after the first rotation. */
  readonly burn?: { readonly flush: boolean } | undefined;
  readonly stop: AbortSignal;
  readonly onStart: (policy: Policy) => void;
  readonly onProgress: (seconds: number, tally: Tally) => void;
}

export interface Run {
  readonly tally: Tally;
  readonly seconds: number;
  /** Tokens by environment of the sign function. */
  readonly environments: readonly number[];
  /** Verifications that never came to an end. */
  readonly unanswered: number;
}

const PROGRESS_MS = 5000;

/** How many keys must have left the JWKS by their grace: a burned one leaves at once. */
export const retirements = ({ rotations, burn }: Pick<RunOptions, 'rotations' | 'burn'>): number =>
  burn ? rotations - 1 : rotations;

/** @throws the reason of `stop`, or why the run could not go on */
export async function run({ rotations, lead, burn, stop, onStart, onProgress }: RunOptions): Promise<Run> {
  const { config, longCacheSeconds } = windows({ lead, burn: burn !== undefined });
  const policy = parsePolicy({ ...config, issuer: 'http://localhost' });
  const tally = new Tally(policy.verifierLeeway);
  const startedAt = Date.now();
  const seconds = () => (Date.now() - startedAt) / 1000;
  const lost = new AbortController();
  const broken = AbortSignal.any([stop, lost.signal]);
  const enough = new AbortController();

  const closers: (() => void | Promise<void>)[] = [];
  const signers = watchSigners();
  closers.push(() => signers.stop());
  try {
    const stack = await startLocalStack({
      config,
      signers: SIGNERS,
      onLog: (_, line) => tally.logged(line),
      onTick: ({ functionError, payload }) => tally.tick(functionError && thrown(payload)),
    });
    closers.push(() => stack.close());
    onStart(stack.policy);
    const aim = target(stack, longCacheSeconds);
    const crowd = await Crowd.start(
      aim,
      (verifier, outcome) => tally.outcome(verifier, outcome),
      (error) => lost.abort(error),
    );
    closers.push(() => crowd.close());
    const progress = setInterval(() => onProgress(seconds(), tally), PROGRESS_MS);
    closers.push(() => clearInterval(progress));

    await until(() => tally.activations > 0, patience(policy, 0), broken);
    const load = signUntil(enough.signal, {
      signUrl: `${stack.url}/sign`,
      onToken: (token) => {
        tally.token(token);
        crowd.hand(token);
      },
      onFailure: (reason) => tally.signError(reason),
    });
    // The burn is to meet a standby whose lead is over, and that would sign at once if it was asked to.
    let isFree = burn === undefined;
    const rotating = rotateOften(`${stack.url}/operate`, tally, () => isFree || tally.rotations === 0, enough.signal);
    closers.push(async () => void (await Promise.all([load, rotating])));
    if (burn) {
      await until(() => tally.rotations > 0, patience(policy, 1), broken);
      await burnActiveKey({ stack, jwksUrl: aim.jwksUrl, crowd, tally, flush: burn.flush, broken });
      isFree = true;
    }
    // The last key that ended has left the JWKS too: only then has its grace been tried.
    const isOver = () => tally.rotations >= rotations && tally.retirements >= retirements({ rotations, burn });
    await until(isOver, patience(policy, rotations), broken);
    enough.abort();
    await load;
    await until(() => crowd.pending === 0, policy.maxTokenLifetime + 10, broken);
    return { tally, seconds: seconds(), environments: [...signers.tokens.values()], unanswered: crowd.pending };
  } finally {
    enough.abort();
    for (const close of closers.splice(0).reverse()) await close();
  }
}

const target = ({ policy: { issuer, verifierLeeway } }: LocalStack, longCacheSeconds: number) => ({
  issuer,
  audience: AUDIENCE,
  jwksUrl: `${new URL(issuer).origin}${documentPaths(issuer).jwks}`,
  leewaySeconds: verifierLeeway,
  longCacheSeconds,
});

/** As soon as one rotation is over the next is asked for, so that nothing but the lead holds it back. */
async function rotateOften(
  operateUrl: string,
  tally: Tally,
  mayAsk: () => boolean,
  enough: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ operation: 'rotate', reason: 'soak' });
  for (let asked = 0; !enough.aborted; await sleep(50)) {
    const { activations } = tally;
    if (activations === asked || !mayAsk()) continue;
    const isHeard = await fetch(operateUrl, { method: 'POST', body }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isHeard) asked = activations;
  }
}

/** Of a function's error, what is said of it. */
function thrown(payload: string): string {
  const { errorType, errorMessage } = JSON.parse(payload) as { errorType?: string; errorMessage?: string };
  return `${errorType}: ${errorMessage}`;
}

/** Seconds in which so many rotations must be over on a machine that is busy with other things. */
const patience = ({ rotationPeriod, tick, grace }: Policy, rotations: number): number =>
  2 * (rotations * (rotationPeriod + 2 * tick) + grace) + 30;
