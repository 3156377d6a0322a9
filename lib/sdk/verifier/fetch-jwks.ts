/** The JWKS document from its one URL: no redirect, no more than so many bytes, in no more than so much time. */

/** As much of `fetch` as is used. The global one fits. */
export type FetchJwks = (
  url: string,
  init: {
    readonly redirect: 'manual';
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
) => Promise<Response>;

/** A hundred RSA keys. ALB takes 150 kB. */
export const MAX_BYTES = 262_144;

/**
 * @param timeout in seconds, for the whole of it: a body of a byte a second takes no longer
 * @throws Error with a clause that says what went wrong
 */
export async function fetchJwks(url: string, fetch: FetchJwks, timeout: number): Promise<Uint8Array> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A fetch that does not heed the signal is not waited for either.
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it took longer than ${timeout} s`));
      controller.abort();
    }, timeout * 1000);
  });
  try {
    return await Promise.race([get(url, fetch, controller.signal), late]);
  } finally {
    clearTimeout(timer);
    // What is left of a body that nobody reads to its end.
    controller.abort();
  }
}

async function get(url: string, fetch: FetchJwks, signal: AbortSignal): Promise<Uint8Array> {
  const headers = { accept: 'application/jwk-set+json, application/json' };
  let response: Response;
  try {
    response = await fetch(url, { redirect: 'manual', headers, signal });
  } catch (cause) {
    throw new Error('it could not be reached', { cause });
  }
  // A redirect would let whoever answers choose where the keys come from. Some runtimes hide its status as 0.
  if (response.status !== 200) {
    leave(response.body);
    throw new Error(`it was answered with status ${response.status}`);
  }
  // Its media type says little: many are served as text/plain. What counts is what is inside.
  try {
    return await readAll(response);
  } catch (cause) {
    throw cause instanceof TooLarge ? cause : new Error('it broke off', { cause });
  }
}

/** A fetch that does not heed the signal would go on with it. Nobody waits for that, or is told that it failed. */
function leave(body: Pick<ReadableStream, 'cancel'> | null | undefined): void {
  body?.cancel().catch(() => undefined);
}

class TooLarge extends Error {
  override readonly message = `it has more than ${MAX_BYTES} bytes`;
}

async function readAll({ body }: Response): Promise<Uint8Array> {
  const bytes = new Uint8Array(MAX_BYTES);
  const reader = body?.getReader();
  let size = 0;
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {};
    if (done || value === undefined) return bytes.slice(0, size);
    if (size + value.byteLength > MAX_BYTES) {
      leave(reader);
      throw new TooLarge();
    }
    bytes.set(value, size);
    size += value.byteLength;
  }
}
