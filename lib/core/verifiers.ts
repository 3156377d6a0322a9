/**
 * Who verifies, and what each kind of verifier does with a JWKS that changes. Windows, limits and algorithms follow
 * from this one table. `cacheDocumented: false` marks a cache that its vendor does not state: the safe guess stands.
 */
import { ALGORITHM_NAMES, type Algorithm, parseAlgorithm } from './algorithms.ts';
import { formatDuration, readDuration } from './duration.ts';
import { KeyturnError } from './errors.ts';

export interface Verifier {
  readonly name: string;
  readonly title: string;
  readonly algorithms: readonly Algorithm[];
  /** Seconds for which it may use a set that it has fetched. Infinity: until it meets an unknown kid or restarts. */
  readonly keyCache: number;
  /** Seconds that must lie between two fetches for an unknown kid, or `never` where it does not fetch for one. */
  readonly refetch: number | 'never';
  readonly cacheDocumented: boolean;
  /** More keys than this and it forwards nothing. */
  readonly maxKeys?: number;
  /** Rejects the whole set over one key of a type that it does not know. */
  readonly rejectsUnknownKeyTypes?: true;
  /** Does not drop a key that has left the set, even when it fetches: only a restart ends it. */
  readonly keepsRemovedKeys?: true;
  readonly source: string;
}

const RSA_PKCS1 = ['RS256', 'RS384', 'RS512'] as const;
const RSA = [...RSA_PKCS1, 'PS256', 'PS384', 'PS512'] as const;
const EC = ['ES256', 'ES384', 'ES512'] as const;
const CLASSICAL = [...RSA, ...EC, 'EdDSA'] as const;
const UNDOCUMENTED_CACHE = 24 * 3600;
const FOR_EVER = Number.POSITIVE_INFINITY;

type Row = [
  title: string,
  algorithms: readonly Algorithm[],
  keyCache: number,
  refetch: number | 'never',
  source: string,
  more?: Partial<Verifier>,
];

const TABLE = {
  alb: [
    'Application Load Balancer',
    ['RS256'],
    UNDOCUMENTED_CACHE,
    'never',
    'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html',
    { cacheDocumented: false, maxKeys: 10 },
  ],
  'http-api': [
    'API Gateway HTTP API JWT authorizer',
    RSA_PKCS1,
    2 * 3600,
    'never',
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html',
  ],
  'rest-api': [
    'API Gateway REST API JWT authorizer',
    ['RS256'],
    3600,
    0,
    'https://docs.aws.amazon.com/apigateway/latest/developerguide/',
  ],
  sts: [
    'AWS STS AssumeRoleWithWebIdentity',
    [...RSA_PKCS1, ...EC],
    UNDOCUMENTED_CACHE,
    'never',
    'https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html',
    { cacheDocumented: false, maxKeys: 100 },
  ],
  appsync: [
    'AppSync OpenID Connect',
    ['RS256'],
    UNDOCUMENTED_CACHE,
    'never',
    'https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html',
    { cacheDocumented: false },
  ],
  // Its ceiling, for when nothing can be fetched. Otherwise it fetches anew after five minutes.
  keyturn: [
    'keyturn/verifier',
    ALGORITHM_NAMES,
    3600,
    30,
    'https://github.com/keyturn/keyturn/blob/main/docs/verifiers/keyturn.md',
  ],
  jose: ['jose (createRemoteJWKSet)', ALGORITHM_NAMES, 600, 30, 'https://github.com/panva/jose'],
  'aws-jwt-verify': [
    'aws-jwt-verify',
    [...RSA_PKCS1, ...EC, 'EdDSA'],
    FOR_EVER,
    10,
    'https://github.com/awslabs/aws-jwt-verify',
  ],
  // It knows the key of EdDSA, but jsonwebtoken, which it serves, does not.
  'jwks-rsa': ['jsonwebtoken with jwks-rsa', [...RSA, ...EC], 600, 6, 'https://github.com/auth0/node-jwks-rsa'],
  // Its minute ends no key: one that the set has lost is served on as stale, again and again (seen with version 11).
  'get-jwks': ['get-jwks', CLASSICAL, FOR_EVER, 0, 'https://github.com/nearform/get-jwks', { keepsRemovedKeys: true }],
  pyjwt: ['PyJWT (PyJWKClient)', CLASSICAL, 300, 30, 'https://github.com/jpadilla/pyjwt'],
  spring: [
    'Spring Security (NimbusJwtDecoder)',
    // No EdDSA: Nimbus's default verifier factory has none, and issue 17098 is open.
    [...RSA, ...EC],
    300,
    0,
    'https://github.com/spring-projects/spring-security',
  ],
  // JWKSourceBuilder's defaults: two fetches in half a minute. Spring's decoder has no such limit.
  nimbus: [
    'Nimbus JOSE+JWT (JWKSourceBuilder)',
    [...RSA, ...EC],
    300,
    30,
    'https://connect2id.com/products/nimbus-jose-jwt/examples/enhanced-jwk-retrieval',
  ],
  keyfunc: [
    'golang-jwt with keyfunc',
    CLASSICAL,
    3600,
    300,
    'https://github.com/MicahParks/keyfunc',
    // With jwkset before 0.11; later ones pass over what they do not know.
    { rejectsUnknownKeyTypes: true },
  ],
  'go-oidc': ['go-oidc', CLASSICAL, FOR_EVER, 0, 'https://github.com/coreos/go-oidc'],
  envoy: [
    'Envoy jwt_authn',
    CLASSICAL,
    600,
    'never',
    'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/jwt_authn_filter',
  ],
  istio: ['Istio RequestAuthentication', CLASSICAL, 3600, 'never', 'https://github.com/istio/istio'],
  microsoft: [
    'Microsoft.IdentityModel',
    [...RSA, ...EC],
    12 * 3600,
    300,
    'https://learn.microsoft.com/dotnet/api/microsoft.identitymodel.protocols.configurationmanager-1',
  ],
  'fetch-once': [
    'a verifier that fetches once at its start',
    ALGORITHM_NAMES,
    FOR_EVER,
    'never',
    'openfga, kellnr and others: issues of theirs',
  ],
} as const satisfies Record<string, Row>;

export type VerifierName = keyof typeof TABLE;

export const VERIFIERS = Object.fromEntries(
  Object.entries(TABLE as Record<string, Row>).map(([name, [title, algorithms, keyCache, refetch, source, more]]) => [
    name,
    { name, title, algorithms, keyCache, refetch, cacheDocumented: true, source, ...more },
  ]),
) as Record<VerifierName, Verifier>;

/**
 * For how long may this verifier reject a key that has just entered the set it could fetch? A verifier that fetches
 * for an unknown kid is blind for its cool-down only; one that does not, for its whole cache.
 */
export const blindSeconds = (verifier: Verifier): number =>
  verifier.refetch === 'never' ? verifier.keyCache : verifier.refetch;

/** Does it fetch at its start and never again? Then no rotation can be safe for it. */
export const fetchesOnce = (verifier: Verifier): boolean => blindSeconds(verifier) === FOR_EVER;

/**
 * A name of the table, or a verifier of the team's own:
 * `{ "name": "billing", "keyCache": "10m", "refetch": "30s", "algorithms": ["RS256"], "maxKeys": 10 }`.
 * Who does not say that it fetches for an unknown kid is taken not to.
 * @throws KeyturnError `policy_invalid`
 */
export function parseVerifier(entry: unknown): Verifier {
  if (typeof entry === 'string' && Object.hasOwn(VERIFIERS, entry)) return VERIFIERS[entry as VerifierName];
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return refuse(`verifier ${JSON.stringify(entry)} is not known; there are ${Object.keys(VERIFIERS).join(', ')}`);
  }
  const {
    name,
    keyCache,
    refetch = 'never',
    algorithms = ALGORITHM_NAMES,
    maxKeys,
    ...unknown
  } = entry as Record<string, unknown>;
  for (const member of Object.keys(unknown)) {
    refuse(`${member} is not a member of a verifier; there are name, keyCache, refetch, algorithms, maxKeys`);
  }
  if (typeof name !== 'string' || name === '') return refuse('a verifier must have a name');
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    return refuse(`algorithms of verifier ${name} must be a list of at least one, got ${JSON.stringify(algorithms)}`);
  }
  if (maxKeys !== undefined && !(Number.isInteger(maxKeys) && (maxKeys as number) >= 2)) {
    return refuse(`maxKeys of verifier ${name} must be an integer of at least 2, got ${JSON.stringify(maxKeys)}`);
  }
  return {
    name,
    title: name,
    algorithms: algorithms.map(parseAlgorithm),
    keyCache: keyCache === 'forever' ? FOR_EVER : readDuration(`keyCache of verifier ${name}`, keyCache),
    refetch: refetch === 'never' ? 'never' : readDuration(`refetch of verifier ${name}`, refetch),
    cacheDocumented: true,
    source: 'declared by the deployer',
    ...(maxKeys === undefined ? {} : { maxKeys: maxKeys as number }),
  };
}

/** What `parseVerifier` reads back. */
export function verifierToJson(verifier: Verifier): unknown {
  const { name, keyCache, refetch, algorithms, maxKeys } = verifier;
  if (Object.hasOwn(VERIFIERS, name) && VERIFIERS[name as VerifierName] === verifier) return name;
  return {
    name,
    keyCache: keyCache === FOR_EVER ? 'forever' : formatDuration(keyCache),
    refetch: refetch === 'never' ? 'never' : formatDuration(refetch),
    algorithms,
    ...(maxKeys && { maxKeys }),
  };
}

function refuse(message: string): never {
  throw new KeyturnError('policy_invalid', message);
}
