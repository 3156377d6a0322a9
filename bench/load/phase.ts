/** What became of the requests of one phase, and what of it should not have. */
import type { Answered } from './offer.ts';

interface Offered {
  readonly name: string;
  /** Requests a second. */
  readonly offered: number;
  readonly seconds: number;
  readonly answers: readonly Answered[];
  readonly kms: { readonly signed: number; readonly throttled: number };
  /** What 99 of 100 tokens may take at most. */
  readonly p99Milliseconds: number;
  /** Whether there is more to do than the quota allows: otherwise nobody may be refused. */
  readonly mayRefuse: boolean;
}

export interface Phase extends Omit<Offered, 'answers'> {
  readonly tokensPerSecond: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
  readonly faults: readonly string[];
}

/** The function's own timeout at KMS, twice, and what a busy machine adds: more is a hang. */
const PATIENCE_MS = 10_000;
/** Honest refusals: come again later. */
const LATER = [429, 503];

export function phaseOf({ answers, ...offered }: Offered): Phase {
  const tokens = answers.filter(({ status }) => status === 200);
  const times = tokens.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? Number.NaN;
  const refused = new Map<string, number>();
  for (const { status, code } of answers.filter(({ status }) => status !== 200)) {
    const name = `${status} ${code}`;
    refused.set(name, (refused.get(name) ?? 0) + 1);
  }
  return {
    ...offered,
    tokensPerSecond: tokens.length / Math.max(offered.seconds, ...tokens.map(({ at }) => at / 1000)),
    refused,
    ...{ p50: at(0.5), p99: at(0.99), slowest: Math.max(...answers.map(({ milliseconds }) => milliseconds)) },
    faults: faultsOf({ answers, ...offered }, at(0.99)).map((fault) => `${offered.name}: ${fault}`),
  };
}

function faultsOf({ answers, offered, seconds, kms, p99Milliseconds, mayRefuse }: Offered, p99: number): string[] {
  const count = (is: (answer: Answered) => boolean) => answers.filter(is).length;
  const statusIs = (expected: number) => count(({ status }) => status === expected);
  const others = count(({ status }) => status !== 200 && !LATER.includes(status));
  const silent = count(({ status, retryAfter }) => LATER.includes(status) && !retryAfter);
  const hung = count(({ milliseconds }) => milliseconds > PATIENCE_MS);
  const jtis = answers.flatMap(({ jti }) => jti ?? []);
  const [tokens, refused] = [statusIs(200), answers.length - statusIs(200)];
  return [
    answers.length !== offered * seconds && `${offered * seconds} were asked for, ${answers.length} were answered`,
    others > 0 && `${others} neither had a token nor were told to come again`,
    silent > 0 && `${silent} were refused without Retry-After`,
    hung > 0 && `${hung} waited longer than ${PATIENCE_MS / 1000} s`,
    !mayRefuse && refused > 0 && `${refused} were refused, and there was enough for all`,
    statusIs(429) !== kms.throttled && `KMS throttled ${kms.throttled}, and ${statusIs(429)} were told so`,
    tokens > kms.signed && `${tokens} tokens of ${kms.signed} signatures`,
    jtis.length !== tokens && `${tokens} tokens had ${jtis.length} jti`,
    new Set(jtis).size !== jtis.length && 'a jti came twice',
    !(p99 <= p99Milliseconds) &&
      `one token in a hundred took ${p99.toFixed(0)} ms, at most ${p99Milliseconds} are allowed`,
  ].filter((fault) => fault !== false);
}

const HEAD = ['phase', 'offered/s', 'tokens/s', 'p50 ms', 'p99 ms', 'slowest', 'KMS signed', 'throttled', 'refused'];

export function phaseTable(phases: readonly Phase[]): string {
  const rows = phases.map(({ name, offered, tokensPerSecond, p50, p99, slowest, kms, refused }) => [
    ...[name, String(offered), tokensPerSecond.toFixed(0), p50.toFixed(0), p99.toFixed(0), slowest.toFixed(0)],
    ...[String(kms.signed), String(kms.throttled)],
    [...refused].map(([what, times]) => `${times} × ${what}`).join(', ') || 'none',
  ]);
  const widths = HEAD.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) =>
        at === 0 || at === HEAD.length - 1 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [HEAD, ...rows].map(line).join('\n');
}
