/** One soak: an issuer that rotates, callers that sign, verifiers that verify, until enough rotations are over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalStack, startLocalStack } from '../../lib/cli/local-stack.ts';
import { type Policy, parsePolicy } from '../../lib/core/config.ts';
import { documentPaths } from '../../lib/core/issuer.ts';
import { Crowd } from './crowd.ts';
import { watchSigners } from './environments.ts';
import { AUDIENCE, signUntil } from './load.ts';
import { Tally } from './tally.ts';
import { windows } from './windows.ts';

export const SIGNERS = 4;

export interface RunOptions {
  readonly rotations: number;
  /** In place of the least safe one. */
  readonly lead?: string | undefined;
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

/** @throws the reason of `stop`, or why the run could not go on */
export async function run({ rotations, lead, stop, onStart, onProgress }: RunOptions): Promise<Run> {
  const config = windows(lead);
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
      onTick: ({ functionError }) => tally.tick(functionError === undefined),
    });
    closers.push(() => stack.close());
    onStart(stack.policy);
    const crowd = await Crowd.start(
      target(stack),
      (verifier, outcome) => tally.outcome(verifier, outcome),
      (error) => lost.abort(error),
    );
    closers.push(() => crowd.close());
    const progress = setInterval(() => onProgress(seconds(), tally), PROGRESS_MS);
    closers.push(() => clearInterval(progress));

    await until(() => tally.activations > 0, patience(policy, 0), broken);
    // A signer that has read the keyring before its first key was active believes that for as long as it caches.
    await sleep(policy.signerCache * 1000 + 100);
    const load = signUntil(enough.signal, {
      signUrl: `${stack.url}/sign`,
      onToken: (token) => {
        tally.token(token);
        crowd.hand(token);
      },
      onFailure: (reason) => tally.signError(reason),
    });
    const rotating = rotateOften(`${stack.url}/operate`, tally, enough.signal);
    closers.push(async () => void (await Promise.all([load, rotating])));
    // The last key that ended has left the JWKS too: only then has its grace been tried.
    const isOver = () => tally.rotations >= rotations && tally.retirements >= rotations;
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

const target = ({ policy: { issuer, verifierLeeway } }: LocalStack) => ({
  issuer,
  audience: AUDIENCE,
  jwksUrl: `${new URL(issuer).origin}${documentPaths(issuer).jwks}`,
  leewaySeconds: verifierLeeway,
});

/** As soon as one rotation is over the next is asked for, so that nothing but the lead holds it back. */
async function rotateOften(operateUrl: string, tally: Tally, enough: AbortSignal): Promise<void> {
  const body = JSON.stringify({ operation: 'rotate', reason: 'soak' });
  for (let asked = 0; !enough.aborted; await sleep(50)) {
    const { activations } = tally;
    if (activations === asked) continue;
    const isHeard = await fetch(operateUrl, { method: 'POST', body }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isHeard) asked = activations;
  }
}

/** Seconds in which so many rotations must be over on a machine that is busy with other things. */
const patience = ({ rotationPeriod, tick, grace }: Policy, rotations: number): number =>
  2 * (rotations * (rotationPeriod + 2 * tick) + grace) + 30;

/** Whether it is so or the time is up: what is missing then is the report's to tell. */
async function until(isSo: () => boolean, seconds: number, broken: AbortSignal): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!isSo() && Date.now() < deadline) {
    broken.throwIfAborted();
    await sleep(50);
  }
}
