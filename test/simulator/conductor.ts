/** Runs several tasks one port call at a time, in an order that somebody else decides. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Call } from '../../lib/simulator/call.ts';
import type { World } from '../../lib/simulator/world.ts';

/** Which of the tasks that can go on goes on, given the one that ran last. */
export type Choose = (runnable: readonly number[], last: number | undefined) => number;

/** The calls by which tasks notice each other; the others need no turn of their own. */
const SHARED = ['store.', 'publisher.write', 'keys.create', 'keys.disable', 'keys.destroy', 'signer.sign'];

class Task {
  readonly #held: (() => void)[] = [];
  #stopped: () => void = () => {};
  done = false;

  get waits(): boolean {
    return this.#held.length > 0;
  }

  /** The task has come to a call, and waits for its turn. */
  hold(): Promise<void> {
    return new Promise((resolve) => {
      this.#held.push(resolve);
      this.#stopped();
    });
  }

  finish(): void {
    this.done = true;
    this.#stopped();
  }

  /** Lets the task go on until it waits again or is done. */
  async run(start?: () => void): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    if (start) start();
    else this.#held.shift()?.();
    if (!this.waits) await stopped;
  }
}

/** Answers with the number of turns that there were. */
export async function conduct(
  world: World,
  work: readonly (() => Promise<unknown>)[],
  choose: Choose,
): Promise<number> {
  const current = new AsyncLocalStorage<Task>();
  world.intercept = ({ name, phase }: Call) => {
    if (phase === 'before' && SHARED.some((prefix) => name.startsWith(prefix))) return current.getStore()?.hold();
  };
  const tasks: Task[] = [];
  for (const effect of work) {
    const task = new Task();
    tasks.push(task);
    const begin = () => {
      current.run(task, effect).then(
        () => task.finish(),
        () => task.finish(),
      );
    };
    await task.run(begin);
  }
  let turns = 0;
  let last: number | undefined;
  for (;;) {
    const runnable = tasks.flatMap((task, index) => (task.waits ? [index] : []));
    if (runnable.length === 0) break;
    last = choose(runnable, last);
    turns++;
    await tasks[last]?.run();
  }
  world.intercept = undefined;
  return turns;
}
