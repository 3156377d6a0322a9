/** The Edge port: one HTTPS request, as strict as the strictest verifier (jose: status 200, no redirect, five seconds). */
import { KeyturnError } from '../core/errors.ts';
import type { Edge, EdgeAnswer } from '../core/ports.ts';

const TIMEOUT_MS = 5000;
/** ALB's limit for a JWKS. */
const MAX_BYTES = 150_000;

export class HttpsEdge implements Edge {
  readonly #origin: string;
  readonly #timeoutMs: number;

  /** @param origin where the documents are observed, for example `https://d111111abcdef8.cloudfront.net` */
  constructor(origin: string, timeoutMs = TIMEOUT_MS) {
    this.#origin = origin;
    this.#timeoutMs = timeoutMs;
  }

  async fetch(path: string): Promise<EdgeAnswer> {
    const url = `${this.#origin}${path}`;
    const unreachable = (why: string, cause?: unknown): never => {
      throw new KeyturnError('edge_unreachable', `${url} must answer 200, ${why}`, { cause });
    };
    let response: Response;
    let body: string | undefined;
    try {
      response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(this.#timeoutMs) });
      body = await readText(response);
    } catch (cause) {
      return unreachable('it does not answer', cause);
    }
    if (response.status !== 200) return unreachable(`it answers ${response.status}`);
    if (body === undefined) return unreachable(`its body has more than ${MAX_BYTES} bytes`);
    return { body, cacheControl: response.headers.get('cache-control') ?? undefined };
  }
}

/** Never holds much more than the limit, whatever is sent; undefined when that is more. */
async function readText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
