/**
 * A Lambda authorizer for API Gateway: REST APIs (TOKEN and REQUEST) and HTTP APIs (payload 1.0 and 2.0). API Gateway
 * makes 401 of an error that says `Unauthorized` and 500 of any other, and adds `WWW-Authenticate` by itself or not at all.
 */
import { type BearerOptions, challenge, checkBearerOptions, claimsOf } from './bearer.ts';
import type { Claims } from './claims.ts';
import type { Verifier } from './create.ts';
import { refuse, VerificationError } from './errors.ts';

export interface AuthorizerOptions extends Pick<BearerOptions, 'scopes'> {
  /**
   * What payload 2.0 is answered with: `simple` where the authorizer has simple responses enabled, `iam` where it has not.
   * @default 'simple'
   */
  readonly response?: 'simple' | 'iam';
}

type Headers = Readonly<Record<string, string | undefined>> | null;
/** As much of API Gateway's events as is used. */
export interface AuthorizerEvent {
  readonly version?: string;
  readonly type: string;
  /** Payload 1.0 and REST APIs. */
  readonly methodArn?: string;
  /** Payload 2.0. */
  readonly routeArn?: string;
  /** TOKEN authorizers of REST APIs. */
  readonly authorizationToken?: string;
  readonly headers?: Headers;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
}

/** API Gateway takes no objects in it, so `claims` is their JSON. */
export interface AuthorizerContext {
  readonly [name: string]: string;
}
export interface PolicyAnswer {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Version: '2012-10-17';
    readonly Statement: {
      readonly Action: 'execute-api:Invoke';
      readonly Effect: 'Allow' | 'Deny';
      readonly Resource: string;
    }[];
  };
  readonly context: AuthorizerContext;
}
export interface SimpleAnswer {
  readonly isAuthorized: boolean;
  readonly context: AuthorizerContext;
}

/** With simple responses. Only payload 2.0 has them, and a route. */
export interface LambdaAuthorizer {
  (event: AuthorizerEvent & { readonly methodArn: string }): Promise<PolicyAnswer>;
  (event: AuthorizerEvent & { readonly routeArn: string }): Promise<SimpleAnswer>;
  (event: AuthorizerEvent): Promise<PolicyAnswer | SimpleAnswer>;
}

export function lambdaAuthorizer(
  verifier: Verifier,
  options: AuthorizerOptions & { readonly response: 'iam' },
): (event: AuthorizerEvent) => Promise<PolicyAnswer>;
export function lambdaAuthorizer(
  verifier: Verifier,
  options?: AuthorizerOptions & { readonly response?: 'simple' },
): LambdaAuthorizer;
export function lambdaAuthorizer(
  verifier: Verifier,
  options?: AuthorizerOptions,
): (event: AuthorizerEvent) => Promise<PolicyAnswer | SimpleAnswer>;
export function lambdaAuthorizer(verifier: Verifier, { response = 'simple', ...options }: AuthorizerOptions = {}) {
  checkBearerOptions(options);
  if (response !== 'simple' && response !== 'iam') throw new TypeError('response must be simple or iam');
  return async (event: AuthorizerEvent): Promise<PolicyAnswer | SimpleAnswer> => {
    const isSimple = event.version === '2.0' && response === 'simple';
    const answer = (isAuthorized: boolean, principalId: string, context: AuthorizerContext) =>
      isSimple ? { isAuthorized, context } : policy(event, isAuthorized, principalId, context);
    try {
      const claims = await claimsOf(verifier, authorizationOf(event), options);
      return answer(true, claims.sub, contextOf(claims));
    } catch (error) {
      if (!(error instanceof VerificationError) || error.status === 503) throw error;
      // The token is good, and does not allow this: 403, with no header but what a gateway response takes from here.
      if (error.code === 'scope_insufficient') {
        return answer(false, 'unauthorized', { error: error.code, challenge: challenge(error, options) ?? '' });
      }
      throw new Error('Unauthorized', { cause: error });
    }
  };
}

/**
 * For the whole stage, because API Gateway keeps the answer under the token alone and applies it to whatever the token
 * comes with next. What else may call which method is a matter of `scopes`, an authorizer for each.
 */
function policy(
  { methodArn, routeArn }: AuthorizerEvent,
  isAuthorized: boolean,
  principalId: string,
  context: AuthorizerContext,
): PolicyAnswer {
  const [api, stage] = (methodArn ?? routeArn ?? '').split('/');
  const Effect = isAuthorized ? 'Allow' : 'Deny';
  const statement = { Action: 'execute-api:Invoke', Effect, Resource: `${api}/${stage}/*` } as const;
  return { principalId, policyDocument: { Version: '2012-10-17', Statement: [statement] }, context };
}

/** Under names of its own: whoever asks for a token chooses the names of most claims. */
function contextOf(claims: Claims): AuthorizerContext {
  const { sub, client_id, scope, jti } = claims;
  const named = Object.entries({ sub, client_id, scope, jti }).filter((entry): entry is [string, string] => !!entry[1]);
  return { ...Object.fromEntries(named), claims: JSON.stringify(claims) };
}

/** REST APIs keep the case in which the client wrote the name. */
function authorizationOf(event: AuthorizerEvent): string | undefined {
  if (event.type === 'TOKEN') return event.authorizationToken;
  const isIt = ([name]: readonly [string, unknown]) => name.toLowerCase() === 'authorization';
  const given = Object.entries(event.headers ?? {}).filter(isIt);
  const all = Object.entries(event.multiValueHeaders ?? {})
    .filter(isIt)
    .flatMap(([, values]) => values ?? []);
  if (given.length > 1 || all.length > 1) {
    refuse('request_malformed', 'the request must have one authorization header', { reason: 'malformed' });
  }
  return given[0]?.[1];
}
