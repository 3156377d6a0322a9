/** The keyturn command as a process of its own, and what becomes of it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/keyturn.ts', import.meta.url));

export interface Started {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly signUrl: string;
  readonly operateUrl: string;
  readonly rotateUrl: string;
  readonly awsEndpointUrl: string;
  readonly unsafe: boolean;
}

type Environment = Readonly<Record<string, string>>;

const running = new Set<Command>();

export class Command {
  stdout = '';
  stderr = '';
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;

  /** In this process's environment, or in one that is given first: then with nothing of the machine's but where programs are. */
  constructor(...words: string[] | [environment: Environment, ...args: string[]]) {
    running.add(this);
    const [first, ...rest] = words;
    const isAlone = typeof first === 'object';
    const args = isAlone ? rest : (words as string[]);
    const env = isAlone ? { PATH: process.env.PATH, ...first } : process.env;
    this.process = spawn(process.execPath, [PROGRAM, ...(args as string[])], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    this.ended = once(this.process, 'close').then(([status, signal]) => {
      running.delete(this);
      return { status, signal };
    });
  }

  /** Waits until the standard output has it; answers with the match. The end is for what hangs, not for a busy machine. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) {
      const match = pattern.exec(this.stdout);
      if (match) return match;
      if (!running.has(this)) break;
    }
    throw new Error(`keyturn did not say ${pattern}, it said: ${this.stdout}${this.stderr}`);
  }

  /** The first line of `--json`. */
  async started(): Promise<Started> {
    const [line] = await this.says(/^\{"event":"started".*\n/);
    return JSON.parse(line) as Started;
  }

  end(signal: NodeJS.Signals) {
    this.process.kill(signal);
    return this.ended;
  }

  /** The processes that it has started and they have started. */
  descendants(): number[] {
    const children = new Map<number, number[]>();
    for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')) {
      const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    }
    const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
    return below(this.process.pid ?? 0);
  }
}

/** After each test. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((command) => command.end('SIGKILL')));
}

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** One that was free a moment ago: for whoever has to come back to the same one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server has no port');
}
