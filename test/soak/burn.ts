/** The burn in the middle of a soak: the key that signs is burned while its long-lived tokens go to every verifier. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalStack } from '../../lib/cli/local-stack.ts';
import type { BurnReport } from '../../lib/core/burn.ts';
import { Aftermath, STRANGER } from './aftermath.ts';
import type { Crowd } from './crowd.ts';
import { sign, type Token } from './load.ts';
import type { Tally } from './tally.ts';
import { until } from './wait.ts';

export interface BurnOrder {
  readonly stack: LocalStack;
  readonly jwksUrl: string;
  readonly crowd: Crowd;
  readonly tally: Tally;
  readonly flush: boolean;
  readonly broken: AbortSignal;
}

const TOKENS = 8;
/** Each verifier gets one of them this often. */
const PAUSE_MS = 100;
/** Time for every verifier to take the key into its cache. */
const ACQUAINTANCE_MS = 1500;

/** Ends when the last token of the burned key has expired. @throws Error with the operator's refusal */
export async function burnActiveKey({ stack, jwksUrl, crowd, tally, flush, broken }: BurnOrder): Promise<void> {
  const { url, policy } = stack;
  // A standby that signs before its lead is over costs what no burn announces.
  const isReady = () => Date.now() > (tally.standbyAt ?? Number.POSITIVE_INFINITY) + policy.publicationLead * 1000;
  await until(isReady, policy.rotationPeriod, broken);
  const known = await servedKids(jwksUrl);
  const first = await sign(`${url}/sign`, policy.maxTokenLifetime);
  const more = Array.from({ length: TOKENS - 1 }, () => sign(`${url}/sign`, policy.maxTokenLifetime));
  const tokens = [first, ...(await Promise.all(more))].filter(({ kid }) => kid === first.kid);
  const aftermath = new Aftermath(first.kid, known, flush);
  tally.aftermath = aftermath;
  // Caches that keep for ever are to know the standby, so that its tokens do not make them drop the burned key.
  crowd.hand(strange(first), Date.now());

  let turn = 0;
  const presenting = setInterval(() => crowd.hand(tokens[turn++ % tokens.length] ?? first, Date.now()), PAUSE_MS);
  try {
    await sleep(ACQUAINTANCE_MS);
    aftermath.askedAt = Date.now();
    aftermath.report = await ask(url, { operation: 'burn', kid: first.kid, reason: 'soak', flush });
    aftermath.answeredAt = Date.now();
    await until(() => Date.now() > first.expiresAt * 1000, policy.maxTokenLifetime, broken);
  } finally {
    clearInterval(presenting);
  }
}

function strange({ token, expiresAt }: Token): Token {
  const [, payload, signature] = token.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: STRANGER, typ: 'JWT' })).toString('base64url');
  return { token: `${header}.${payload}.${signature}`, kid: STRANGER, expiresAt };
}

async function ask(url: string, operation: object): Promise<BurnReport> {
  const response = await fetch(`${url}/operate`, {
    method: 'POST',
    body: JSON.stringify(operation),
    signal: AbortSignal.timeout(60_000),
  });
  if (response.status === 200) return (await response.json()) as BurnReport;
  throw new Error(`the burn is answered with ${response.status}: ${await response.text()}`);
}

async function servedKids(jwksUrl: string): Promise<ReadonlySet<string>> {
  const { keys } = (await (await fetch(jwksUrl)).json()) as { keys: { kid: string }[] };
  return new Set(keys.map(({ kid }) => kid));
}
