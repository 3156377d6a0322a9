/**
 * `npm run bench -- load [--quota N]`: the whole issuer on this machine, with a KMS that takes its time (median 10 ms, one
 * in a hundred over 60 ms) and has a quota, at half of it, at all of it and at three times as much, during a rotation and
 * during a burn. Ends with 1 when a request hangs, is lost, takes too long or is refused without need, a refusal is not
 * honest, or a token is not good.
 *
 * The quota is a twentieth of the real 1,000 a second, because the machine that this runs on is Lambda, KMS and the callers
 * too; what happens at a multiple of it does not depend on how large it is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JSONWebKeySet } from 'jose';
import { startLocalStack } from '../../lib/cli/local-stack.ts';
import { documentPaths } from '../../lib/core/issuer.ts';
import { KmsGate } from './kms-weather.ts';
import { type Answered, offer } from './offer.ts';
import { type Phase, phaseOf, phaseTable } from './phase.ts';
import { notVerified } from './tokens.ts';

const SECONDS = 10;
const WEATHER = { p50Milliseconds: 10, p99Milliseconds: 60 };
/**
 * What one token in a hundred may take: the slow answers of KMS several times over, for the machine does all of it at once;
 * above the quota, the queue for an environment besides.
 */
const P99 = { within: 300, above: 1000 };
/** Environments of the sign function, each with one request at a time. */
const SIGNERS = 10;
/** A rotation and a burn have to fit into seconds. */
const CONFIG = {
  ...{ tokenLifetime: '4s', maxTokenLifetime: '4s', tick: '1s', signerCache: '1s', signingLatency: '2s' },
  ...{ edgeMaxAge: '1s', edgeStaleWhileRevalidate: '0s', edgeStaleIfError: '0s', clockSkew: '1s' },
  ...{ publicationLead: '4s', rotationPeriod: '10m', grace: '16s', verifierLeeway: '1s' },
  verifiers: [{ name: 'own', keyCache: '1s', refetch: 'never' }],
};

export async function load(quota: number): Promise<{ readonly text: string; readonly faults: readonly string[] }> {
  const gate = new KmsGate({ ...WEATHER, quota });
  const stack = await startLocalStack({
    config: CONFIG,
    signers: SIGNERS,
    hooks: { before: (call) => gate.pass(call) },
  });
  const phases: Phase[] = [];
  const faults: string[] = [];
  const served = async () =>
    (await (await fetch(`${stack.url}${documentPaths(stack.policy.issuer).jwks}`)).json()) as JSONWebKeySet;
  const during = async (name: string, share: number, happen: () => Promise<unknown> = async () => undefined) => {
    process.stderr.write(`${name}\n`);
    const [signed, throttled, before] = [gate.signed, gate.throttled, await served()];
    const offered = offer(`${stack.url}/sign`, share * quota, SECONDS);
    await sleep(2000);
    const [answers] = await Promise.all([offered, happen()]);
    const kms = { signed: gate.signed - signed, throttled: gate.throttled - throttled };
    const mayRefuse = share >= 1;
    const p99Milliseconds = mayRefuse ? P99.above : P99.within;
    const phase = phaseOf({
      ...{ name, offered: share * quota, seconds: SECONDS, answers, kms },
      p99Milliseconds,
      mayRefuse,
    });
    phases.push(phase);
    const bad = await notVerified(answers, stack.policy.issuer, [before, await served()]);
    faults.push(...phase.faults, ...bad.map((fault) => `${name}: ${fault}`));
    return answers;
  };
  const operate = async (body: object) => {
    const response = await fetch(`${stack.url}/operate`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`operate must be done, got ${response.status}: ${await response.text()}`);
  };
  try {
    const isUp = async () => (await offer(`${stack.url}/sign`, 1, 1)).every(({ status }) => status === 200);
    while (!(await isUp())) {
      process.stderr.write('not up yet\n');
      await sleep(1000);
    }
    // Environments start, and the standby has its lead.
    await offer(`${stack.url}/sign`, quota / 2, 6);
    await during('at half of the quota', 0.5);
    await during('at the quota', 1);
    await during('at three times the quota', 3);
    const rotated = await during('a rotation, at half', 0.5, () => operate({ operation: 'rotate', reason: 'bench' }));
    const kid = rotated.findLast((answer) => answer.kid)?.kid;
    const burned = await during('a burn, at half', 0.5, () => operate({ operation: 'burn', kid, reason: 'bench' }));
    faults.push(...changes(rotated, 'rotation'), ...changes(burned, 'burn'));
    const text = phaseTable(phases);
    process.stdout.write(`${text}\n`);
    for (const fault of faults) process.stdout.write(`fault: ${fault}\n`);
    if (faults.length === 0)
      process.stdout.write('nothing hung, nothing was lost, every token was good and every refusal honest\n');
    return { text, faults };
  } finally {
    await stack.close();
  }
}

/** Otherwise the phase showed nothing. */
const changes = (answers: readonly Answered[], what: string): string[] =>
  new Set(answers.flatMap(({ kid }) => kid ?? [])).size > 1 ? [] : [`no other key signed during the ${what}`];
