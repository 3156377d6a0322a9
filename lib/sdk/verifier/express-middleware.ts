/** For Express, Connect and node:http: `(request, response, next)`. */
import { refusalAnswer } from './answer.ts';
import { type BearerOptions, checkBearerOptions, claimsOf } from './bearer.ts';
import type { Claims } from './claims.ts';
import type { Verifier } from './create.ts';
import { refuse, VerificationError } from './errors.ts';

/** As much of node:http's as is used. */
export interface IncomingRequest {
  readonly headers: { readonly authorization?: string | undefined };
  /** Every value of a header that came more than once: of HTTP/1. */
  readonly headersDistinct?: { readonly [name: string]: readonly string[] | undefined };
  /** Names and values by turns, as they came: of HTTP/2 too. */
  readonly rawHeaders?: readonly string[];
  /** Set to the claims of a token that holds, before the next one is called. */
  auth?: Claims;
}
export interface OutgoingResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** How Express's own type of a request learns of `auth` is in docs/verifiers/keyturn.md. */
export function expressMiddleware(verifier: Verifier, options: BearerOptions = {}) {
  checkBearerOptions(options);
  return async (
    request: IncomingRequest,
    response: OutgoingResponse,
    next: (error?: unknown) => void,
  ): Promise<void> => {
    try {
      request.auth = await claimsOf(verifier, authorizationOf(request), options);
    } catch (error) {
      if (!(error instanceof VerificationError)) return next(error);
      const { status, headers, body } = refusalAnswer(error, options);
      response.statusCode = status;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end(body);
      return;
    }
    next();
  };
}

/** Node takes the first of several. What stands before this server may have looked at another one. */
function authorizationOf({ headers, headersDistinct, rawHeaders = [] }: IncomingRequest): string | undefined {
  const isIt = (text: string, index: number) => index % 2 === 0 && text.toLowerCase() === 'authorization';
  if (rawHeaders.filter(isIt).length > 1 || (headersDistinct?.authorization?.length ?? 0) > 1) {
    refuse('request_malformed', 'the request must have one authorization header', { reason: 'malformed' });
  }
  return headers.authorization;
}
