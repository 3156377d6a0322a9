/**
 * The inside of an execution environment: loads one bundle and answers one event at a time over the IPC channel. It is
 * started by lambda-environment.ts and imports nothing of ours, so that the handler meets the process Lambda would give it.
 */
import { createRequire } from 'node:module';

export interface Invocation {
  /** JSON. */
  readonly payload: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly context: Readonly<Record<string, unknown>>;
}
export interface ReportedError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}
export type Outcome = { readonly payload: string } | { readonly error: ReportedError };

type Handler = (event: unknown, context: unknown) => unknown;

function load(bundle: string): Handler {
  const { handler } = createRequire(bundle)(bundle) as { handler?: unknown };
  if (typeof handler === 'function') return handler as Handler;
  throw Object.assign(new Error(`${bundle} exports no function named handler`), { name: 'Runtime.HandlerNotFound' });
}

async function answer(handler: Handler, { payload, deadline, context }: Invocation): Promise<Outcome> {
  const getRemainingTimeInMillis = (): number => Math.max(0, deadline - Date.now());
  try {
    const result = await handler(JSON.parse(payload), { ...context, getRemainingTimeInMillis });
    return { payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { error: reported(error) };
  }
}

/** What the runtime makes of a thrown value (Lambda Developer Guide, "Node.js function errors"). */
function reported(error: unknown): ReportedError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

// The channel closes when the parent dies, however it dies: nothing may stay behind.
process.on('disconnect', () => process.exit());

let isBroken = false;
let handler: Handler;
try {
  handler = load(process.argv[2] ?? '');
} catch (error) {
  // Lambda answers the first event with what went wrong while the function was loaded, and throws the environment away.
  isBroken = true;
  handler = () => Promise.reject(error);
}
process.on('message', async (invocation: Invocation) => {
  const outcome = await answer(handler, invocation);
  process.send?.(outcome, () => isBroken && process.exit(1));
});
