/** What every file of this folder starts with: an emulated account, bootstrapped, and an edge that waits for its issuer. */
import { afterAll, beforeAll, beforeEach, onTestFailed } from 'vitest';
import type { AppInput } from './app-input.ts';
import { Cdk } from './cdk.ts';
import { Deployment } from './deployment.ts';
import { EdgeStandIn } from './edge.ts';
import { type Emulator, startMiniStack } from './emulator.ts';
import { WINDOWS } from './windows.ts';

export class World {
  #emulator: Emulator | undefined;
  #edge: EdgeStandIn | undefined;
  #cdk: Cdk | undefined;

  get endpoint(): string {
    return required(this.#emulator).endpoint;
  }

  async start(): Promise<void> {
    this.#emulator = await startMiniStack({ iam: true });
    this.#edge = await EdgeStandIn.start(this.endpoint);
    this.#cdk = new Cdk(this.endpoint);
    await this.#cdk.bootstrap();
  }

  async close(): Promise<void> {
    this.#cdk?.close();
    await this.#edge?.close();
    await this.#emulator?.close();
  }

  calls = (): string[] => required(this.#emulator).calls();

  log = (): string => required(this.#emulator).log();

  input(more: Partial<AppInput> = {}): AppInput {
    return { stackName: 'Keyturn', config: WINDOWS, observeAt: required(this.#edge).url, ...more };
  }

  async deploy(more?: Partial<AppInput>, ...options: string[]): Promise<Deployment> {
    const outputs = await required(this.#cdk).deploy(this.input(more), ...options);
    return new Deployment(this.endpoint, required(this.#edge).url, outputs);
  }

  destroy = (more?: Partial<AppInput>): Promise<void> => required(this.#cdk).destroy(this.input(more));
}

/** For the file that calls it; with the emulator's last words wherever a test fails. */
export function emulatedAccount(): World {
  const world = new World();
  beforeAll(() => world.start());
  afterAll(() => world.close());
  beforeEach(() => {
    onTestFailed(() => console.error(`the emulator's last lines:\n${world.log()}`));
  });
  return world;
}

function required<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('the emulated account has not been started');
  return thing;
}
