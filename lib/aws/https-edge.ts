/** The Edge port: one HTTPS request, as strict as the strictest verifier (jose: status 200, no redirect, five seconds). */
import { KeyturnError } from '../core/errors.ts';
import type { Edge, EdgeAnswer } from '../core/ports.ts';

const TIMEOUT_MS = 5000;
/** ALB's limit for a JWKS. */
const MAX_BYTES = 150_000;

export class HttpsEdge implements Edge {
  readonly #origin: string;

  /** @param origin where the documents are observed, for example `https://d111111abcdef8.cloudfront.net` */
  constructor(origin: string) {
    this.#origin = origin;
  }

  async fetch(path: string): Promise<EdgeAnswer> {
    const url = `${this.#origin}${path}`;
    const unreachable = (why: string, cause?: unknown): never => {
      throw new KeyturnError('edge_unreachable', `${url} must answer 200, ${why}`, { cause });
    };
    let response: Response;
    let body: string;
    try {
      response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
      body = await response.text();
    } catch (cause) {
      return unreachable('it does not answer', cause);
    }
    if (response.status !== 200) return unreachable(`it answers ${response.status}`);
    if (body.length > MAX_BYTES)
      return unreachable(`its body has ${body.length} bytes, at most ${MAX_BYTES} are useful`);
    return { body, cacheControl: response.headers.get('cache-control') ?? undefined };
  }
}
