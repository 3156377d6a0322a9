/** `keyturn/verifier`: tokens of a Keyturn issuer, checked by the letter. Web APIs only: it runs in Workers too. */

export { authenticate, type BearerOptions, bearerToken, challenge } from './bearer.ts';
export type { Claims } from './claims.ts';
export { createVerifier, createVerifiers, type Verifier } from './create.ts';
export { type VerificationCode, VerificationError, type VerificationReason } from './errors.ts';
export type { VerifierEvent } from './events.ts';
export { expressMiddleware, type IncomingRequest, type OutgoingResponse } from './express-middleware.ts';
export type { FetchJwks } from './fetch-jwks.ts';
export { fetchMiddleware } from './fetch-middleware.ts';
export {
  type AuthorizerContext,
  type AuthorizerEvent,
  type AuthorizerOptions,
  type LambdaAuthorizer,
  lambdaAuthorizer,
  type PolicyAnswer,
  type SimpleAnswer,
} from './lambda-authorizer.ts';
export type { TokenId, VerifierOptions } from './options.ts';
export { requireScopes, scopesOf } from './scope.ts';
