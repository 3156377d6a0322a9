/** What a soak says: for people, or one JSON object a line. */
import type { Policy } from '../../lib/core/config.ts';
import { blindestVerifier, edgeAge, unsafe } from '../../lib/core/policy.ts';
import { exposureTable } from './exposure-table.ts';
import { type Run, type RunOptions, retirements, SIGNERS } from './run.ts';
import type { Tally } from './tally.ts';

export interface Output {
  started(policy: Policy): void;
  progress(seconds: number, tally: Tally): void;
  ended(run: Run, faults: readonly string[]): void;
  verdict(isPassed: boolean, sentence: string): void;
}

const write = (text: string) => process.stdout.write(`${text}\n`);
const count = (value: number) => value.toLocaleString('en-US');

export const output = (json: boolean): Output => (json ? forPrograms() : forPeople());

/** What a run must not have, one sentence each. */
export function faultsOf(
  { tally, environments, unanswered }: Run,
  { rotations, burn }: Pick<RunOptions, 'rotations' | 'burn'>,
): string[] {
  const faults: string[] = [];
  const add = (isFault: boolean, sentence: string) => isFault && faults.push(sentence);
  add(tally.falselyRejected > 0, `${count(tally.falselyRejected)} tokens were falsely rejected`);
  add(tally.signErrors > 0, `${count(tally.signErrors)} sign calls failed`);
  add(tally.rotations < rotations, `${tally.rotations} of ${rotations} rotations were seen`);
  add(tally.kids.size < rotations + 1, `${tally.kids.size} kids signed, ${rotations + 1} should have`);
  const leaving = retirements({ rotations, burn });
  add(tally.retirements < leaving, `${tally.retirements} of ${leaving} former keys left the JWKS`);
  add(environments.length < SIGNERS, `${environments.length} of ${SIGNERS} environments signed`);
  add(unanswered > 0, `${count(unanswered)} verifications never ended`);
  for (const [name, { verified }] of tally.verifiers) add(verified === 0, `${name} verified nothing`);
  if (burn) faults.push(...(tally.aftermath?.faults ?? ['nothing was burned']));
  return faults;
}

function forPeople(): Output {
  return {
    started: (policy) => {
      const { publicationLead: lead, rotationPeriod, grace, maxTokenLifetime, clockSkew } = policy;
      const blindest = blindestVerifier(policy);
      write(
        `\nsoak: lead ${lead} s (${blindest?.title} caches ${blindest?.keyCache} s, edge ${edgeAge(policy)} s, skew 2 × ${clockSkew} s), ` +
          `rotation period ${rotationPeriod} s, grace ${grace} s, tokens live ${maxTokenLifetime} s`,
      );
      for (const sentence of unsafe(policy)) write(`UNSAFE on purpose: ${sentence}`);
    },
    progress: (seconds, { rotations, signed, verified, falselyRejected, signErrors }) =>
      write(
        `${seconds.toFixed(0).padStart(5)} s  ${rotations} rotations, ${count(signed)} signed, ${count(verified)} verified, ` +
          `${count(falselyRejected)} falsely rejected, ${count(signErrors)} sign errors`,
      ),
    ended: ({ tally, seconds, environments }, faults) => {
      const { signed, signErrors, rotations, retirements, kids, failedTicks } = tally;
      const examples = (reasons: readonly string[]) => reasons.map((reason) => `\n    ${reason}`).join('');
      write(`\n${'verifier'.padEnd(16)}${'verified'.padStart(10)}${'rejected'.padStart(10)}${'too late'.padStart(10)}`);
      for (const [name, { verified, falselyRejected, late, reasons }] of tally.verifiers) {
        write(name.padEnd(16) + [verified, falselyRejected, late].map((value) => count(value).padStart(10)).join(''));
        for (const reason of reasons) write(`    ${reason}`);
      }
      write(`
signed        ${count(signed)} tokens in ${seconds.toFixed(0)} s, ${count(signErrors)} errors${examples(tally.signReasons)}
rotations     ${rotations}, ${retirements} former keys left the JWKS, ${kids.size} kids signed, ${failedTicks} ticks failed${examples(tally.tickReasons)}
environments  ${environments.length} (${environments.map(count).join(', ')} tokens)`);
      if (tally.aftermath) write(exposureTable(tally.aftermath));
      for (const fault of faults) write(`FAULT: ${fault}`);
    },
    verdict: (isPassed, sentence) => write(`\n${isPassed ? 'ok' : 'FAILED'}: ${sentence}`),
  };
}

function forPrograms(): Output {
  const line = (event: string, members: object) => write(JSON.stringify({ event, ...members }));
  const totals = ({ rotations, retirements, signed, signErrors, verified, falselyRejected, failedTicks }: Tally) => ({
    rotations,
    retirements,
    signed,
    signErrors,
    verified,
    falselyRejected,
    failedTicks,
  });
  return {
    started: (policy) => {
      const { publicationLead, rotationPeriod, grace } = policy;
      line('started', { publicationLead, rotationPeriod, grace, unsafe: unsafe(policy) });
    },
    progress: (seconds, tally) => line('progress', { seconds, ...totals(tally) }),
    ended: ({ tally, seconds, environments, unanswered }, faults) =>
      line('ended', {
        seconds,
        ...totals(tally),
        kids: [...tally.kids],
        environments,
        unanswered,
        signReasons: tally.signReasons,
        tickReasons: tally.tickReasons,
        verifiers: Object.fromEntries(tally.verifiers),
        ...(tally.aftermath && { burn: tally.aftermath.summary }),
        faults,
      }),
    verdict: (isPassed, sentence) => line('verdict', { passed: isPassed, sentence }),
  };
}
