/** `npm run soak`: rotations under load must not cost a single live token, and a lead that is too short must show. */
import { parseArgs } from 'node:util';
import { readDuration } from '../../lib/core/duration.ts';
import { faultsOf, type Output, output } from './output.ts';
import { type RunOptions, run } from './run.ts';

const HELP = `Usage: npm run soak -- [options]

Rotates as often as the lead allows while four environments sign and eight kinds of verifier verify.
Fails when a live token is rejected, a sign call fails or a rotation does not happen.

  --rotations N   how many to see through (default 10)
  --lead TIME     another publication lead, for example 0s: live tokens are then rejected, and the soak says so
  --burn          burns the active key after the first rotation, so that a fresh key signs at once
  --no-flush      with --burn: the standby signs until the fresh key has its lead
  --prove         a safe run, and then the same one with the lead cut to 0s, which must show rejections
  --json          one JSON object a line
  --help
`;

const OPTIONS = {
  options: {
    rotations: { type: 'string', default: '10' },
    lead: { type: 'string' },
    burn: { type: 'boolean', default: false },
    flush: { type: 'boolean', default: true },
    prove: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowNegative: true,
} as const;

function readOptions() {
  try {
    return parseArgs(OPTIONS).values;
  } catch (error) {
    process.stderr.write(`soak: ${(error as Error).message}\n`);
    process.exit(2);
  }
}
const values = readOptions();

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}

if (values.help) process.stdout.write(HELP);
else {
  const say = output(values.json);
  try {
    process.exitCode = (await soak(say)) ? 0 : 1;
  } catch (error) {
    say.verdict(false, (error as Error).message);
    process.exitCode = stop.signal.aborted ? 130 : 1;
  }
}

async function soak(say: Output): Promise<boolean> {
  const rotations = readRotations(values.rotations);
  if (values.prove && values.lead !== undefined) throw new Error('--prove chooses the lead itself');
  if (values.lead !== undefined) readDuration('--lead', values.lead);
  if (values.burn && (values.prove || values.lead !== undefined)) throw new Error('--burn chooses the lead itself');
  if (!values.flush && !values.burn) throw new Error('--no-flush says how to burn: it needs --burn');
  const burn = values.burn ? { flush: values.flush } : undefined;

  const safe = await once(say, { rotations, lead: values.lead, burn });
  const kept = burn ? 'and a burn whose every bound was kept' : 'no live token was rejected';
  if (safe.faults.length > 0) say.verdict(false, safe.faults.join('; '));
  else say.verdict(true, `${rotations} rotations, ${kept}`);
  if (!values.prove || safe.faults.length > 0) return safe.faults.length === 0;

  const cut = await once(say, { rotations, lead: '0s' });
  const isSeen = cut.falselyRejected > 0;
  const sentence = isSeen
    ? `without a lead ${cut.falselyRejected} live tokens were rejected, as they must be`
    : 'without a lead no token was rejected: the soak proves nothing';
  say.verdict(isSeen, sentence);
  return isSeen;
}

async function once(say: Output, order: Pick<RunOptions, 'rotations' | 'lead' | 'burn'>) {
  const seen = await run({ ...order, stop: stop.signal, onStart: say.started, onProgress: say.progress });
  const faults = faultsOf(seen, order);
  say.ended(seen, faults);
  return { faults, falselyRejected: seen.tally.falselyRejected };
}

function readRotations(text: string): number {
  const rotations = Number(text);
  if (Number.isInteger(rotations) && rotations >= 1) return rotations;
  throw new Error(`--rotations must be a whole number of at least 1, got ${JSON.stringify(text)}`);
}
