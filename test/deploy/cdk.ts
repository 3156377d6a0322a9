/** The plain CDK command line, with an emulator in the place of AWS. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ACCOUNT, REGION, ROOT } from './account.ts';
import { type AppInput, INPUT } from './app-input.ts';

const run = promisify(execFile);
const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const APP = `${process.execPath} ${fileURLToPath(new URL('./app.ts', import.meta.url))}`;
const COMMAND = join(CHECKOUT, 'node_modules', '.bin', 'cdk');
const QUIET = ['--no-notices', '--no-color'];

export class Cdk {
  readonly #directory = mkdtempSync(join(tmpdir(), 'keyturn-cdk-'));
  readonly #environment: NodeJS.ProcessEnv;
  readonly #end = new AbortController();

  constructor(endpoint: string) {
    this.#environment = {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))),
      // Not the ~/.aws and the ~/.cdk of whoever runs this.
      HOME: this.#directory,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: ROOT.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
      AWS_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: 'true',
      NO_PROXY: '127.0.0.1',
      CDK_DISABLE_CLI_TELEMETRY: '1',
    };
  }

  /** Elsewhere than in the checkout, whose app it would synthesize. */
  async bootstrap(): Promise<void> {
    await this.#cdk(['bootstrap', `aws://${ACCOUNT}/${REGION}`], this.#directory);
  }

  /** Answers with the outputs. */
  async deploy(input: AppInput, ...options: string[]): Promise<Record<string, string>> {
    const outputs = join(this.#directory, 'outputs.json');
    const more = ['--require-approval', 'never', '--outputs-file', outputs, ...options];
    await this.#cdk(['deploy', ...this.#app(), ...more], CHECKOUT, input);
    return (JSON.parse(readFileSync(outputs, 'utf8')) as Record<string, Record<string, string>>)[input.stackName] ?? {};
  }

  async destroy(input: AppInput): Promise<void> {
    await this.#cdk(['destroy', ...this.#app(), '--force'], CHECKOUT, input);
  }

  /** A command that is still running is ended. */
  close(): void {
    this.#end.abort();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #app(): string[] {
    return ['--app', APP, '--output', join(this.#directory, 'cdk.out')];
  }

  /** @throws Error with what the command said */
  async #cdk(args: string[], cwd: string, input?: AppInput): Promise<void> {
    const env = { ...this.#environment, ...(input && { [INPUT]: JSON.stringify(input) }) };
    try {
      await run(COMMAND, [...args, ...QUIET], { cwd, env, signal: this.#end.signal, maxBuffer: 64 * 1024 * 1024 });
    } catch (cause) {
      const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
      throw new Error(`cdk ${args[0]} failed:\n${stdout}${stderr}`, { cause });
    }
  }
}
