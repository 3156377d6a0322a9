/** How many tokens each environment of the sign function has made: read off the processes, for no answer names its own. */
import type { ChildProcess } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';

/** Watches from now on; answers with the tokens by process. */
export function watchSigners(): { readonly tokens: ReadonlyMap<number, number>; stop(): void } {
  const tokens = new Map<number, number>();
  const onChild = (message: unknown): void => {
    const { process: child } = message as { process: ChildProcess };
    child.on('message', (answer: unknown) => {
      const { payload } = Object(answer) as { payload?: unknown };
      if (!child.spawnargs.some((argument) => argument.endsWith('/sign/index.js'))) return;
      if (!String(payload).startsWith('{"statusCode":200')) return;
      tokens.set(child.pid ?? 0, (tokens.get(child.pid ?? 0) ?? 0) + 1);
    });
  };
  diagnostics.subscribe('child_process', onChild);
  return { tokens, stop: () => diagnostics.unsubscribe('child_process', onChild) };
}
