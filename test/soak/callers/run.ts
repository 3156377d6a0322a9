/** Callers over everything that may happen to their issuer: a rotation, a KMS that throttles, a burn, a burn of every key. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalStack, startLocalStack } from '../../../lib/cli/local-stack.ts';
import type { BurnReport } from '../../../lib/core/burn.ts';
import type { Fault } from '../../../lib/local/endpoint.ts';
import type { AwsCall } from '../../../lib/local/wire.ts';
import { until } from '../wait.ts';
import { startApi } from './api.ts';
import { callUntil } from './callers.ts';
import { Phase } from './phase.ts';
import { callersConfig } from './windows.ts';

export interface RunOptions {
  readonly callers: number;
  readonly stop: AbortSignal;
  readonly onPhase: (phase: Phase) => void;
}

const PATIENCE_SECONDS = 60;
/** After what has happened, for its consequences to be seen: every token was renewed since. */
const AFTERMATH_MS = 8000;
const THROTTLING_MS = 4000;

/** @throws the reason of `stop`, or why the run could not go on */
export async function run({ callers, stop, onPhase }: RunOptions): Promise<readonly Phase[]> {
  const phases: Phase[] = [];
  const phase = () => phases.at(-1) as Phase;
  const enough = new AbortController();
  const closers: (() => void | Promise<void>)[] = [];
  let isThrottling = false;
  let standbyAt = Number.POSITIVE_INFINITY;
  phases.push(new Phase('start'));
  try {
    const stack = await startLocalStack({
      config: callersConfig(),
      onLog: (_, line) => {
        const { event, step, kid } = readLine(line);
        if (event === 'token') phase().kids.add(String(kid));
        if (event === 'step' && step === 'observe') standbyAt = Date.now();
      },
      hooks: {
        onCall: (call) => count(phase(), call),
        // Four of five.
        before: (call) => (isThrottling && isSignature(call) && Math.random() < 0.8 ? THROTTLED : undefined),
      },
    });
    closers.push(() => stack.close());
    const api = await startApi(stack.policy);
    closers.push(() => api.close());
    const signs = () => sign(stack).then(({ ok }) => ok);
    while (!(await signs())) {
      stop.throwIfAborted();
      await sleep(50);
    }

    const during = async (name: string, happen: (phase: Phase) => Promise<void>) => {
      const own = new Phase(name, phases.at(-1)?.kids);
      phases.push(own);
      await happen(own);
      own.end();
      stop.throwIfAborted();
      onPhase(own);
    };
    const apiUrl = api.url;
    const calling = callUntil({ count: callers, signUrl: `${stack.url}/sign`, apiUrl, phase, stop: enough.signal });
    closers.push(async () => {
      enough.abort();
      await calling;
    });
    await during('warming up', () => sleep(3000));
    await during('nothing', () => sleep(AFTERMATH_MS));
    // The standby takes over at once only when it has had its lead.
    await until(() => Date.now() > standbyAt + stack.policy.publicationLead * 1000, PATIENCE_SECONDS, stop);
    await during('a rotation', async () => {
      await operate(stack, { operation: 'rotate', reason: 'soak' });
      await sleep(AFTERMATH_MS);
    });
    await during('throttling', async () => {
      isThrottling = true;
      await sleep(THROTTLING_MS);
      isThrottling = false;
      await sleep(AFTERMATH_MS - THROTTLING_MS);
    });
    const burn = (request: object) => async (own: Phase) => {
      const report = (await operate(stack, { operation: 'burn', reason: 'soak', ...request })) as BurnReport;
      const rejecting = report.exposure.map(({ rejectsFreshUntil = 0 }) => rejectsFreshUntil * 1000);
      own.announcedUntil = Math.max(Date.now(), ...rejecting);
      await sleep(AFTERMATH_MS);
    };
    await during('a burn', async (own) => burn({ kid: [...own.before].at(-1) })(own));
    await during('a burn of all', burn({ all: true }));
    return phases.slice(2);
  } finally {
    for (const close of closers.splice(0).reverse()) await close();
  }
}

const THROTTLED: Fault = { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' };
const isSignature = ({ accessKeyId, service, operation }: AwsCall) =>
  accessKeyId.endsWith('sign') && service === 'kms' && operation === 'Sign';

function count(phase: Phase, call: AwsCall): void {
  if (isSignature(call)) phase.signatures += 1;
  const { FunctionName, Qualifier } = call.input;
  if (call.operation === 'Invoke' && `${FunctionName}:${Qualifier}`.includes(':canary')) phase.canaries += 1;
}

const sign = ({ url }: LocalStack) =>
  fetch(`${url}/sign`, { method: 'POST', body: JSON.stringify({ audience: 'soak', claims: { sub: 'svc:soak' } }) });

async function operate({ url }: LocalStack, operation: object): Promise<unknown> {
  const signal = AbortSignal.timeout(PATIENCE_SECONDS * 1000);
  const response = await fetch(`${url}/operate`, { method: 'POST', body: JSON.stringify(operation), signal });
  if (response.ok) return response.json();
  throw new Error(`${JSON.stringify(operation)} is answered with ${response.status}: ${await response.text()}`);
}

function readLine(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}
