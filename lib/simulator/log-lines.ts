/** The lines of a log that tell of an issuer, in the order in which what they tell came about. */
import { isPlainObject } from '../core/json.ts';
import type { StepLine } from '../core/step-line.ts';

export interface TokenLine {
  readonly issuer: string;
  readonly kid: string;
  readonly iat: number;
  readonly exp: number;
}

/** From one restore of the table to the next; only there do revisions tell the order. */
export type Epoch = readonly StepLine[];

/** Steps whose lines may have the revision of the one before: they save nothing, or a burn that is asked for again. */
const UNSAVED = ['publish', 'invalidate', 'sweep', 'burn'];

/** @param lines as CloudWatch gives them: JSON, or an event with the JSON as its message; others are passed over */
export function linesOf(lines: Iterable<string>, issuer: string): { epochs: Epoch[]; tokens: TokenLine[] } {
  const steps: StepLine[] = [];
  const tokens: TokenLine[] = [];
  // An export may hold a line twice.
  for (const text of new Set(lines)) {
    const line = parse(text);
    if (line?.issuer !== issuer) continue;
    if (isStep(line)) steps.push(line as unknown as StepLine);
    if (line.event === 'token') tokens.push(line as unknown as TokenLine);
  }
  return { epochs: epochsOf(steps.sort((a, b) => a.at - b.at)), tokens: tokens.sort((a, b) => a.iat - b.iat) };
}

/** A publication that was held may have put its document before it failed. */
const isStep = ({ event, at, step, code }: Record<string, unknown>): boolean =>
  typeof at === 'number' && (event === 'step' || (event === 'hold' && step === 'publish' && code !== 'document_newer'));

function epochsOf(steps: readonly StepLine[]): Epoch[] {
  const epochs: StepLine[][] = [[]];
  let saved = new Set<number>();
  for (const line of steps) {
    const saves = line.event === 'step' && !UNSAVED.includes(line.step);
    // A revision that was there before: the table is older than it was.
    if (line.step === 'recover' || (saves && saved.has(line.revision))) {
      epochs.push([]);
      saved = new Set();
    }
    if (saves) saved.add(line.revision);
    epochs.at(-1)?.push(line);
  }
  return epochs.map((lines) => lines.sort((a, b) => a.revision - b.revision || a.at - b.at));
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const line: unknown = JSON.parse(text);
    if (!isPlainObject(line)) return undefined;
    return typeof line.message === 'string' && line.event === undefined ? parse(line.message) : line;
  } catch {
    return undefined;
  }
}
