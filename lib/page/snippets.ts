/**
 * How to verify, in five languages: short forms of the programs in docs/verifiers, which are run against every algorithm.
 * Each with the library whose table of algorithms holds.
 */
import { VERIFIERS, type VerifierName } from '../core/verifiers.ts';
import { lengthOf } from './when.ts';

export interface Settings {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly algorithm: string;
}
export interface Snippet {
  readonly language: string;
  readonly library: string;
  /** What it does with the keys. */
  readonly keys: string;
  readonly code: string;
}

interface Language {
  readonly language: string;
  readonly library: string;
  readonly takes: readonly string[];
  readonly keys: string;
  readonly code: (settings: Settings) => string;
}

function factsOf(name: VerifierName): Pick<Language, 'takes' | 'keys'> {
  const { algorithms, keyCache } = VERIFIERS[name];
  const until = Number.isFinite(keyCache)
    ? `for ${lengthOf(keyCache)}`
    : 'until a token names one that it does not know';
  return { takes: algorithms, keys: `fetches the keys and keeps them ${until}` };
}

const LANGUAGES: readonly Language[] = [
  {
    language: 'JavaScript',
    library: 'jose',
    ...factsOf('jose'),
    code: ({ issuer, jwksUrl, algorithm }) => `import { createRemoteJWKSet, jwtVerify } from 'jose';

// One for the whole process: it holds the keys.
const keys = createRemoteJWKSet(new URL('${jwksUrl}'));

const { payload } = await jwtVerify(token, keys, {
  issuer: '${issuer}',
  audience: 'orders-api',
  algorithms: ['${algorithm}'],
  requiredClaims: ['exp'],
});`,
  },
  {
    language: 'Python',
    library: 'PyJWT',
    ...factsOf('pyjwt'),
    code: ({ issuer, jwksUrl, algorithm }) => `import jwt

# One for the whole process: it holds the keys.
keys = jwt.PyJWKClient("${jwksUrl}")

claims = jwt.decode(
    token,
    keys.get_signing_key_from_jwt(token),
    algorithms=["${algorithm}"],
    issuer="${issuer}",
    audience="orders-api",
    options={"require": ["exp", "iat", "iss", "aud"]},
)`,
  },
  {
    language: 'Go',
    library: 'go-oidc',
    ...factsOf('go-oidc'),
    code: ({ issuer, jwksUrl, algorithm }) => `// import "github.com/coreos/go-oidc/v3/oidc"

// One for the whole process: it holds the keys.
keys := oidc.NewRemoteKeySet(context.Background(), "${jwksUrl}")
verifier := oidc.NewVerifier("${issuer}", keys, &oidc.Config{
	ClientID:             "orders-api",
	SupportedSigningAlgs: []string{"${algorithm}"},
})

token, err := verifier.Verify(ctx, raw)`,
  },
  {
    language: 'Java',
    library: 'Nimbus JOSE+JWT',
    ...factsOf('nimbus'),
    code: ({ issuer, jwksUrl, algorithm }) => `import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URI;
import java.util.Set;

// One for the whole process: it holds the keys.
var keys = JWKSourceBuilder.<SecurityContext>create(
    URI.create("${jwksUrl}").toURL()).build();

var processor = new DefaultJWTProcessor<SecurityContext>();
processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(
    JOSEObjectType.JWT, new JOSEObjectType("at+jwt")));
processor.setJWSKeySelector(
    new JWSVerificationKeySelector<>(JWSAlgorithm.parse("${algorithm}"), keys));
processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(
    "orders-api",
    new JWTClaimsSet.Builder().issuer("${issuer}").build(),
    Set.of("exp", "iat", "sub")));

JWTClaimsSet claims = processor.process(token, null);`,
  },
  {
    language: 'Rust',
    library: 'jsonwebtoken',
    // docs/verifiers/interop.md; it has no row of its own in the table.
    takes: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'],
    keys: 'fetches nothing by itself',
    code: ({ issuer, jwksUrl, algorithm }) => `use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

let mut expected = Validation::new("${algorithm}".parse()?);
expected.set_issuer(&["${issuer}"]);
expected.set_audience(&["orders-api"]);
expected.set_required_spec_claims(&["exp", "iss", "aud"]);
expected.validate_nbf = true;

// Keep the set for some minutes, and fetch it again for a kid that is not in it.
let keys: JwkSet = ureq::get("${jwksUrl}").call()?.body_mut().read_json()?;

let kid = decode_header(token)?.kid.ok_or("the token has no kid")?;
let key = DecodingKey::from_jwk(keys.find(&kid).ok_or("the kid is unknown")?)?;
let claims = decode::<Value>(token, &key, &expected)?.claims;`,
  },
];

export const snippetsFor = (settings: Settings): Snippet[] =>
  LANGUAGES.map(({ language, library, takes, keys, code }) => ({
    language,
    library,
    keys,
    code: takes.includes(settings.algorithm) ? code(settings) : `${library} does not verify ${settings.algorithm}.`,
  }));
