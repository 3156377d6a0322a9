#!/usr/bin/env node
/** The keyturn command: one file of lib/cli a verb. */
interface Verb {
  readonly summary: string;
  readonly help: string;
  run(args: string[]): Promise<void>;
}

// Imported when asked for: `keyturn --help` loads no server.
const VERBS: Record<string, () => Promise<Verb>> = {
  local: () => import('../lib/cli/local.ts'),
};

const [verb = '--help', ...args] = process.argv.slice(2);
try {
  process.exitCode = await main(verb, args);
} catch (error) {
  const { message, code } = error as Error & { code?: unknown };
  process.stderr.write(`keyturn ${verb}: ${message}${typeof code === 'string' ? ` (${code})` : ''}\n`);
  process.exitCode = 1;
}

async function main(verb: string, args: string[]): Promise<number> {
  if (verb === '--help' || verb === '-h') {
    const lines = await Promise.all(Object.entries(VERBS).map(async ([name, load]) => [name, (await load()).summary]));
    process.stdout.write(
      `Usage: keyturn VERB [options]\n\n${lines.map((line) => `  ${line.join('   ')}`).join('\n')}\n`,
    );
    return 0;
  }
  const load = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (!load) {
    process.stderr.write(`keyturn: ${verb} is no verb; there are ${Object.keys(VERBS).join(', ')}\n`);
    return 2;
  }
  const { help, run } = await load();
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  await run(args);
  return 0;
}
