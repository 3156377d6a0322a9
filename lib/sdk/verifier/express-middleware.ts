/** For Express, Connect and node:http: `(request, response, next)`. */
import { refusalAnswer } from './answer.ts';
import { authenticate, type BearerOptions, checkBearerOptions } from './bearer.ts';
import type { Claims } from './claims.ts';
import type { Verifier } from './create.ts';
import { refuse, VerificationError } from './errors.ts';

/** As much of node:http's as is used. */
export interface IncomingRequest {
  readonly headers: { readonly authorization?: string | undefined };
  /** Every value of a header that came more than once. */
  readonly headersDistinct?: { readonly [name: string]: readonly string[] | undefined };
  /** Set to the claims of a token that holds, before the next one is called. */
  auth?: Claims;
}
export interface OutgoingResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

export function expressMiddleware(verifier: Verifier, options: BearerOptions = {}) {
  checkBearerOptions(options);
  return async (
    request: IncomingRequest,
    response: OutgoingResponse,
    next: (error?: unknown) => void,
  ): Promise<void> => {
    try {
      request.auth = await authenticate(verifier, authorizationOf(request), options);
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
function authorizationOf({ headers, headersDistinct }: IncomingRequest): string | undefined {
  if ((headersDistinct?.authorization?.length ?? 0) > 1) {
    refuse('request_malformed', 'the request must have one authorization header', { reason: 'malformed' });
  }
  return headers.authorization;
}
