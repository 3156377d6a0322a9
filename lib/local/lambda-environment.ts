/** One execution environment: a child process that sees what Lambda would show it, and answers one event at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { devNull } from 'node:os';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Invocation, Outcome } from './lambda-bootstrap.ts';
import { REGION } from './wire.ts';

export interface FunctionDefinition {
  readonly name: string;
  /** Path of a CommonJS file that exports `handler`. */
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The aliases by which it may be invoked, beside its bare name. */
  readonly aliases?: readonly string[];
  readonly maxEnvironments?: number;
  readonly timeoutSeconds?: number;
  readonly memoryMegabytes?: number;
}

export type Log = (functionName: string, line: string) => void;

/** A function's own access key, by which the endpoint knows who calls. */
export const accessKeyId = (functionName: string): string => `AKIALOCAL${functionName}`;

/** Lies beside this file and has its form: source when this is run as source, bundled when this is bundled. */
const BOOTSTRAP = fileURLToPath(new URL(`./lambda-bootstrap${extname(import.meta.url)}`, import.meta.url));

export class LambdaEnvironment {
  readonly #process: ChildProcess;
  #isAlive = true;
  #settle: ((outcome: Outcome) => void) | undefined;

  constructor(definition: FunctionDefinition, awsEndpointUrl: string, log: Log) {
    this.#process = fork(BOOTSTRAP, [definition.bundle], {
      env: variables(definition, awsEndpointUrl),
      // Neither a debugger's port nor a loader of the parent.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#process.on('message', (outcome: Outcome) => this.#settle?.(outcome));
    this.#process.on('error', (error) => this.#ended(error.message));
    this.#process.on('exit', (status, signal) => {
      const end = () => this.#ended(signal === null ? `exit status ${status}` : `signal: ${signal}`);
      // What it said before it went may still be in the channel, which closes behind it.
      if (this.#process.connected) this.#process.once('disconnect', end);
      else end();
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => log(definition.name, line));
    }
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Never rejects: whatever goes wrong is the outcome. */
  async run(invocation: Invocation): Promise<Outcome> {
    const milliseconds = invocation.deadline - Date.now();
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#settle = resolve;
    const timer = setTimeout(() => {
      resolve(failure('Sandbox.Timedout', `Task timed out after ${(milliseconds / 1000).toFixed(2)} seconds`));
      this.kill();
    }, milliseconds);
    // Waits in the channel while the process starts.
    this.#process.send(invocation, (error) => error && this.#ended(error.message));
    const outcome = await promise;
    clearTimeout(timer);
    this.#settle = undefined;
    return outcome;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
    this.#ended('signal: SIGKILL');
  }

  #ended(reason: string): void {
    this.#isAlive = false;
    this.#settle?.(failure('Runtime.ExitError', `Runtime exited with error: ${reason}`));
  }
}

const failure = (errorType: string, errorMessage: string): Outcome => ({
  error: { errorType, errorMessage, trace: [] },
});

/** Lambda Developer Guide, "Defined runtime environment variables", and nothing of the developer's own shell. */
function variables(definition: FunctionDefinition, awsEndpointUrl: string): NodeJS.ProcessEnv {
  const { name, memoryMegabytes = 512, environment } = definition;
  return {
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_ACCESS_KEY_ID: accessKeyId(name),
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_ENDPOINT_URL: awsEndpointUrl,
    // Without a HOME the SDK would find the developer's own ~/.aws by their user id.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    ...environment,
  };
}
