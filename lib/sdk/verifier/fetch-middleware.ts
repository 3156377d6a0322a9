/** For servers that turn a `Request` into a `Response`: Workers, Deno, Bun, Hono, Next.js. */
import { refusalAnswer } from './answer.ts';
import { type BearerOptions, checkBearerOptions, claimsOf } from './bearer.ts';
import type { Claims } from './claims.ts';
import type { Verifier } from './create.ts';
import { VerificationError } from './errors.ts';

type Handler<Rest extends unknown[]> = (
  request: Request,
  claims: Claims,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * `const guard = fetchMiddleware(verifier); export default { fetch: guard((request, claims) => …) }`. The handler is only
 * called with the claims of a token that holds; whatever else the runtime hands over comes after them.
 */
export function fetchMiddleware(verifier: Verifier, options: BearerOptions = {}) {
  checkBearerOptions(options);
  return <Rest extends unknown[]>(handler: Handler<Rest>) =>
    async (request: Request, ...rest: Rest): Promise<Response> => {
      let claims: Claims;
      try {
        claims = await claimsOf(verifier, request.headers.get('authorization'), options);
      } catch (error) {
        if (!(error instanceof VerificationError)) throw error;
        const { status, headers, body } = refusalAnswer(error, options);
        return new Response(body, { status, headers });
      }
      return handler(request, claims, ...rest);
    };
}
