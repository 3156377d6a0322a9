/** MiniStack and moto as processes on loopback, which end with this one, however it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Program, pythonWith } from './python.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

const CALLS = 'calls';

export interface Emulator {
  readonly endpoint: string;
  /** The last lines that it wrote. */
  log(lines?: number): string;
  /** What was asked with a role's credentials, each as a line of JSON; of MiniStack that evaluates roles only. */
  calls(): string[];
  close(): Promise<void>;
}

export interface MiniStackOptions {
  /** Whether it evaluates roles, key policies and bucket policies, as AWS does. */
  readonly iam: boolean;
}

export const startMiniStack = ({ iam }: MiniStackOptions): Promise<Emulator> =>
  start('ministack', '_ministack/health', (port, directory) => ({
    args: [join(HERE, 'launch', 'ministack_aws.py')],
    environment: {
      // The default binds every interface.
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LAMBDA_EXECUTOR: 'local',
      AUTH: String(iam),
      KEYTURN_CALLS: join(directory, CALLS),
      // The functions' directories, the process id.
      TMPDIR: directory,
      // What Lambda's runtime brings: Node 24, and a copy of the SDK for handlers that are not ours.
      PATH: [join(MODULES, '.bin'), process.env.PATH].join(delimiter),
      NODE_PATH: MODULES,
    },
  }));

export const startMoto = (): Promise<Emulator> =>
  start('moto', 'moto-api/', (port) => ({
    args: [join(HERE, 'launch', 'moto_aws.py'), '-H', '127.0.0.1', '-p', String(port)],
    environment: {},
  }));

interface Command {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

async function start(
  program: Program,
  health: string,
  command: (port: number, directory: string) => Command,
): Promise<Emulator> {
  const interpreter = await pythonWith(program);
  const directory = mkdtempSync(join(tmpdir(), `keyturn-${program}-`));
  const port = await freePort();
  const { args, environment } = command(port, directory);
  const file = join(directory, 'log');
  const child = spawn(interpreter, args, {
    cwd: directory,
    env: { ...withoutAws(process.env), PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own group, which it ends as a whole: it starts functions as processes.
    detached: true,
  });
  const output = createWriteStream(file);
  for (const stream of [child.stdout, child.stderr]) stream?.pipe(output, { end: false });
  const log = (lines = 60) => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  const calls = () => readFileSync(join(directory, CALLS), 'utf8').trimEnd().split('\n');
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.stdin?.end();
      await once(child, 'exit');
    }
    output.end();
    rmSync(directory, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await answering(`${endpoint}/${health}`, child);
  } catch (cause) {
    const said = log();
    await close();
    throw new Error(`${program} did not start:\n${said}`, { cause });
  }
  return { endpoint, log, calls, close };
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await setTimeout(100);
  }
  throw new Error(child.exitCode === null ? 'it does not answer' : `it ended with ${child.exitCode}`);
}

/** Somebody's real credentials are none of an emulator's business. */
const withoutAws = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_')));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
