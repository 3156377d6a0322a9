/** A verb of the command without a process of its own: what it says, and the exit code. One at a time in a file. */
import { vi } from 'vitest';
import { failureOf } from '../../lib/cli/failure.ts';
import type { Verb } from '../../lib/cli/verb.ts';

export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function keyturn(verb: string, ...args: string[]): Promise<Said> {
  const { run } = (await import(`../../lib/cli/${verb}.ts`)) as Verb;
  let stdout = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  try {
    const status = await run(args);
    return { status, stdout, stderr: '' };
  } catch (error) {
    const { code, message, exit } = failureOf(error);
    return { status: exit, stdout, stderr: `keyturn ${verb}: ${message} (${code})` };
  } finally {
    write.mockRestore();
  }
}

/** With `--json`, read. */
export async function keyturnJson<Answer = Record<string, never>>(verb: string, ...args: string[]) {
  const { status, stdout, stderr } = await keyturn(verb, ...args, '--json');
  return { status, stderr, answer: (stdout === '' ? undefined : JSON.parse(stdout)) as Answer };
}
