/** The status page: its timeline, and the page itself where it lies beside the function, which is rotate's asset. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import type { Policy } from '../lib/core/config.ts';
import { refreshPage } from '../lib/core/page.ts';
import type { RotatorPorts } from '../lib/core/rotate.ts';
import { log } from './runtime.ts';

const isWanted = process.env.KEYTURN_PAGE === 'yes';
const file = join(__dirname, 'page.html');
const html = isWanted && existsSync(file) ? readFileSync(file, 'utf8') : undefined;

/** Whoever waits for the tick or the burn waits no longer than this for the page. */
const MAX_SECONDS = 10;
/** For the answer itself, which must not be lost to the function's time limit. */
const SPARE_SECONDS = 5;

/** After whatever may have changed the keyring. Never rejects. */
export async function showPage(ports: RotatorPorts, policy: Policy, context: Context): Promise<void> {
  const left = context.getRemainingTimeInMillis() / 1000 - SPARE_SECONDS;
  if (isWanted && left > 0) await refreshPage({ ...ports, log }, policy, html, Math.min(MAX_SECONDS, left));
}
