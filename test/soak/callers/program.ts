/** `npm run soak:callers`: what an issuer may go through costs callers with a cache no call beyond what is documented. */
import { parseArgs } from 'node:util';
import type { Phase } from './phase.ts';
import { run } from './run.ts';

const HELP = `Usage: npm run soak:callers -- [options]

Callers with keyturn/client ask an API that verifies, while their issuer rotates, is throttled and burns keys.
Fails when a call fails that no burn has announced, or when KMS is asked more often than the caches allow.

  --callers N     how many at once, each with a cache of its own (default 200)
  --json          one JSON object a line
  --help
`;
/** A token of ten seconds is renewed after seven, or a tenth of that earlier. */
const SOONEST_RENEWAL_SECONDS = 6.3;
const BURNS = ['a burn', 'a burn of all'];
/** After which another key signs. */
const CHANGES = ['a rotation', ...BURNS];
/** No KMS throttles and no key is burned: whoever asks has a token. */
const QUIET = ['nothing', 'a rotation'];
/** How often a caller is turned away: once behind its callers, once while one waits; what comes next is five seconds later. */
const TURNED_AWAY = 2;

const { values } = parseArgs({
  options: {
    callers: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const callers = Number(values.callers);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}

const COLUMNS = [
  'phase',
  'seconds',
  'calls',
  'at hand',
  'tokens',
  'KMS',
  'turned away',
  'busiest s',
  'slowest',
  'failed',
];
const WIDTHS = [16, 9, 9, 9, 8, 8, 13, 11, 10, 8];
const row = (cells: readonly (string | number)[]) =>
  cells
    .map((cell, at) => (at === 0 ? String(cell).padEnd(WIDTHS[at] ?? 0) : String(cell).padStart(WIDTHS[at] ?? 0)))
    .join('');
const say = (text: string) => process.stdout.write(`${text}\n`);

function told(phase: Phase): void {
  if (values.json) {
    say(JSON.stringify({ event: 'phase', ...phase.summary }));
    return;
  }
  const { name, seconds, calls, atHand, issued, signatures, turnedAway, busiest, slowestMs, failed } = phase;
  const percent = `${(100 * atHand).toFixed(1)} %`;
  const times = [
    seconds.toFixed(0),
    calls,
    percent,
    issued,
    signatures,
    turnedAway,
    busiest,
    `${slowestMs} ms`,
    failed,
  ];
  say(row([name, ...times]));
}

/** What must not be, one sentence each. */
function faultsOf(phases: readonly Phase[]): string[] {
  return phases.flatMap((phase) => {
    const { name, seconds, calls, issued, turnedAway, signatures, canaries, hasNewKey, unannounced } = phase;
    const faults: string[] = [];
    const add = (isFault: boolean, sentence: string) => isFault && faults.push(`${name}: ${sentence}`);
    const [first] = unannounced;
    add(unannounced.length > 0, `${unannounced.length} calls failed, for example ${first?.reason}`);
    add(calls < callers, `${calls} calls by ${callers} callers: they stood still`);
    // A burn refuses the token that each of them holds.
    const renewals = Math.ceil(seconds / SOONEST_RENEWAL_SECONDS) + (BURNS.includes(name) ? 1 : 0);
    const most = callers * renewals;
    add(issued > most, `${issued} tokens were asked for, ${most} at most should have been`);
    const refusals = callers * TURNED_AWAY;
    add(turnedAway > refusals, `${turnedAway} requests were turned away, ${refusals} at most should have been`);
    const asked = issued + (QUIET.includes(name) ? 0 : turnedAway);
    add(signatures - canaries > asked + callers / 10, `KMS signed ${signatures} times for ${asked} requests`);
    add(hasNewKey !== CHANGES.includes(name), hasNewKey ? 'another key signed' : 'no other key signed');
    return faults;
  });
}

async function main(): Promise<boolean> {
  if (!Number.isInteger(callers) || callers < 1) {
    throw new Error(`--callers must be a whole number of at least 1, got ${values.callers}`);
  }
  if (!values.json) say(row(COLUMNS));
  const faults = faultsOf(await run({ callers, stop: stop.signal, onPhase: told }));
  for (const fault of faults) say(values.json ? JSON.stringify({ event: 'fault', fault }) : `FAULT: ${fault}`);
  const passed = faults.length === 0;
  const sentence = passed ? `${callers} callers met no failure that was not announced` : `${faults.length} faults`;
  const verdict = `\n${passed ? 'ok' : 'FAILED'}: ${sentence}`;
  say(values.json ? JSON.stringify({ event: 'verdict', passed, sentence }) : verdict);
  return passed;
}

if (values.help) process.stdout.write(HELP);
else {
  try {
    process.exitCode = (await main()) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = stop.signal.aborted ? 130 : 1;
  }
}
