/** `fetch` that sends a token along. https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
import type { IssuedToken } from './issuer-answer.ts';

/** Where its tokens are from. */
export interface Bearers {
  get(signal: AbortSignal | undefined): Promise<IssuedToken>;
  refuse(refused: IssuedToken): void;
  /** Another than one that was refused; undefined or the very same: there is no other now. */
  replace(refused: IssuedToken, signal: AbortSignal | undefined): Promise<IssuedToken | undefined>;
}
type Fetch = typeof globalThis.fetch;

/** A 401 is answered with a fresh token, once, where there is one and the body can be sent again. */
export function fetchWithToken(tokens: Bearers, fetch: Fetch): Fetch {
  return async (input, init = {}) => {
    const signal = signalOf(input, init);
    const send = ({ token }: IssuedToken) => {
      const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
      headers.set('authorization', `Bearer ${token}`);
      return fetch(input, { ...init, headers });
    };
    const issued = await tokens.get(signal);
    const response = await send(issued);
    if (response.status !== 401) return response;
    if (!isRepeatable(input, init)) {
      tokens.refuse(issued);
      return response;
    }
    const fresh = await tokens.replace(issued, signal);
    if (!fresh || fresh.token === issued.token) return response;
    await response.body?.cancel();
    return send(fresh);
  };
}

/** As `fetch` takes it: what is given beside a Request stands above its own, and null is none. */
function signalOf(input: Parameters<Fetch>[0], { signal }: RequestInit): AbortSignal | undefined {
  if (signal !== undefined) return signal ?? undefined;
  return input instanceof Request ? input.signal : undefined;
}

/** Named when they are asked about: Node loads its whole fetch, 40 ms, for whoever first says FormData. */
const lasting = () => [ArrayBuffer, Blob, FormData, URLSearchParams];

/** Whatever else is a body (a stream, a generator, that of a Request) is gone once it was sent. */
function isRepeatable(input: Parameters<Fetch>[0], { body }: RequestInit): boolean {
  if (body == null) return !(input instanceof Request) || input.body === null;
  return typeof body === 'string' || ArrayBuffer.isView(body) || lasting().some((kind) => body instanceof kind);
}
