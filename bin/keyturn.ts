#!/usr/bin/env node
/** The keyturn command: one file of lib/cli a verb. */
import { endWithReader } from '../lib/cli/closed-reader.ts';
import { failureOf } from '../lib/cli/failure.ts';
import { EXIT, UsageError, type Verb } from '../lib/cli/verb.ts';

// Imported when asked for: `keyturn --help` loads no server.
const VERBS: Record<string, () => Promise<Verb>> = {
  status: () => import('../lib/cli/status.ts'),
  plan: () => import('../lib/cli/plan.ts'),
  rotate: () => import('../lib/cli/rotate.ts'),
  burn: () => import('../lib/cli/burn.ts'),
  retain: () => import('../lib/cli/retain.ts'),
  release: () => import('../lib/cli/release.ts'),
  import: () => import('../lib/cli/import.ts'),
  unimport: () => import('../lib/cli/unimport.ts'),
  recover: () => import('../lib/cli/recover.ts'),
  sign: () => import('../lib/cli/sign.ts'),
  inspect: () => import('../lib/cli/inspect.ts'),
  verify: () => import('../lib/cli/verify.ts'),
  jwks: () => import('../lib/cli/jwks.ts'),
  who: () => import('../lib/cli/who.ts'),
  audit: () => import('../lib/cli/audit.ts'),
  simulate: () => import('../lib/cli/simulate.ts'),
  'check-trace': () => import('../lib/cli/check-trace.ts'),
  local: () => import('../lib/cli/local.ts'),
};

endWithReader();
const [verb = '--help', ...args] = process.argv.slice(2);
try {
  process.exitCode = await main(verb, args);
} catch (error) {
  const { code, message, exit } = failureOf(error);
  const text = Object.hasOwn(VERBS, verb) ? ` ${verb}: ${message}${code ? ` (${code})` : ''}` : `: ${message}`;
  process.stderr.write(args.includes('--json') ? `${JSON.stringify({ code, message })}\n` : `keyturn${text}\n`);
  process.exitCode = exit;
}

async function main(verb: string, args: string[]): Promise<number> {
  if (verb === '--help' || verb === '-h') {
    const verbs = await Promise.all(Object.entries(VERBS).map(async ([name, load]) => [name, await load()] as const));
    const width = Math.max(...verbs.map(([name]) => name.length));
    const lines = verbs.map(([name, { summary }]) => `  ${name.padEnd(width)}   ${summary}`);
    process.stdout.write(
      `Usage: keyturn VERB [options]\n\n${lines.join('\n')}\n\nkeyturn VERB --help says more. Exits with 0 when it is done and well, 1 when it is not, 2 for wrong options, and 3\nwhen the issuer, AWS or the network could not be asked.\n`,
    );
    return EXIT.done;
  }
  const load = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (!load) throw new UsageError(`${verb} is no verb; there are ${Object.keys(VERBS).join(', ')}`);
  const { help, run } = await load();
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    return EXIT.done;
  }
  return run(args);
}
