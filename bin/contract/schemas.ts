/**
 * The sign contract as JSON Schema 2020-12, from the constants that the code itself goes by. What the schema of a request
 * refuses, the issuer refuses; what it cannot say stands in `UNSAID`, and test/contract holds the two to it.
 */
import { ALGORITHM_NAMES } from '../../lib/core/algorithms.ts';
import { MAX_SUBJECT_LENGTH } from '../../lib/core/claims.ts';
import { REQUEST_CODES, type RequestCode } from '../../lib/core/errors.ts';
import { FORBIDDEN, MAX_NAME_LENGTH, RESERVED_CLAIMS } from '../../lib/core/names.ts';
import {
  DEFAULT_LIMITS,
  MAX_AUDIENCE_LENGTH,
  MAX_AUDIENCES,
  type MEMBERS,
  SCOPE,
  TYPES,
} from '../../lib/core/request.ts';

export type Schema = Readonly<Record<string, unknown>>;
/** Where one schema finds another: a document of its own and an OpenAPI document keep them in different places. */
export type Reference = (name: string) => Schema;

const { maxClaimDepth, maxClaimValues, maxTokenBytes, maxBodyBytes } = DEFAULT_LIMITS;
const count = (value: number) => value.toLocaleString('en-US');

/** For which codes a request is refused that is within the schema, and why a schema cannot know. */
export const UNSAID = {
  invalid_string: 'a lone surrogate; a name that is too long in UTF-16 code units, where a schema counts characters',
  invalid_member: 'an audience or sub that is too long in UTF-16 code units; the type at+jwt without a client',
  missing_member: "claims or sub left out where no client's rules fix sub",
  secret_claim: "a claim named like a secret, by the issuer's own list",
  too_deep: `more than ${maxClaimDepth} levels below claims`,
  token_too_large: `more than ${count(maxClaimValues)} values in claims; a token of more than ${count(maxTokenBytes)} bytes`,
  lifetime_too_long: "expiresIn over the issuer's maxTokenLifetime or the client's maxLifetime",
  audience_not_allowed: "what the client's rules do not have",
  scope_not_allowed: "what the client's rules do not have",
  claim_not_allowed: "what the client's rules do not have",
  subject_not_allowed: "what the client's rules do not have",
  body_too_large: `a body of more than ${count(maxBodyBytes)} bytes`,
  body_not_json: 'text that is not JSON, or not UTF-8',
  duplicate_member: 'the same name twice in one object',
  unsafe_number: 'a number that loses digits when it is read, such as 9007199254740991.4',
} as const satisfies Partial<Record<RequestCode, string>>;

/** Beyond them, programs read different numbers (RFC 7493 §2.2). */
const SAFE = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });

export const claimName: Schema = {
  description: 'Names with a meaning in JavaScript are refused at every depth.',
  maxLength: MAX_NAME_LENGTH,
  not: { enum: [...FORBIDDEN] },
};

export const claimValue = (ref: Reference): Schema => ({
  description: 'Any JSON value; integers only as far as every reader has them exactly.',
  ...SAFE,
  propertyNames: ref('ClaimName'),
  additionalProperties: ref('ClaimValue'),
  items: ref('ClaimValue'),
});

export function signRequest(ref: Reference): Schema {
  const properties: Record<(typeof MEMBERS)[number], Schema> = {
    audience: {
      description: 'Whom the token is for.',
      anyOf: [
        text(MAX_AUDIENCE_LENGTH),
        { type: 'array', items: text(MAX_AUDIENCE_LENGTH), minItems: 1, maxItems: MAX_AUDIENCES, uniqueItems: true },
      ],
    },
    scope: { description: 'RFC 6749 §3.3.', type: 'string', pattern: SCOPE.source },
    expiresIn: {
      description: "Seconds; by default the issuer's tokenLifetime.",
      type: 'integer',
      minimum: 1,
      maximum: SAFE.maximum,
    },
    type: { description: 'at+jwt (RFC 9068) needs a client.', enum: [...TYPES], default: TYPES[0] },
    claims: {
      description: 'What the token says beside what the issuer sets. Anyone can read it.',
      type: 'object',
      properties: { sub: text(MAX_SUBJECT_LENGTH) },
      additionalProperties: ref('ClaimValue'),
      propertyNames: { allOf: [ref('ClaimName'), { not: { enum: [...RESERVED_CLAIMS.keys()] } }] },
    },
  };
  const beyond = Object.entries(UNSAID).map(([code, why]) => `${code}: ${why}`);
  return {
    title: 'A request for a token',
    description: `Within this schema a request may still be refused, for what no schema can say. ${beyond.join('. ')}.`,
    type: 'object',
    properties,
    required: ['audience'],
    additionalProperties: false,
  };
}

const BASE64URL = '[A-Za-z0-9_-]';

export const answer: Schema = {
  title: 'A token',
  description: 'A later release may add members.',
  type: 'object',
  properties: {
    token: { description: 'A JWT.', type: 'string', pattern: `^${BASE64URL}+\\.${BASE64URL}+\\.${BASE64URL}+$` },
    kid: {
      description: 'The key that has signed it: its RFC 7638 thumbprint.',
      type: 'string',
      pattern: `^${BASE64URL}{43}$`,
    },
    algorithm: { enum: [...ALGORITHM_NAMES] },
    jti: { type: 'string', format: 'uuid' },
    issuedAt: { description: "Seconds since 1970: the token's iat.", type: 'integer', minimum: 0 },
    expiresAt: {
      description: "The token's exp, which may be earlier than what was asked for.",
      type: 'integer',
      minimum: 1,
    },
  },
  required: ['token', 'kid', 'algorithm', 'jti', 'issuedAt', 'expiresAt'],
};

export const STATUSES = [...new Set(Object.values(REQUEST_CODES))].sort((a, b) => a - b);
export const codesOf = (status: number): string[] =>
  Object.entries(REQUEST_CODES).flatMap(([code, own]) => (own === status ? [code] : []));
/** Of one status: which codes come with it. */
export const withStatus = (status: number): Schema => ({
  properties: { status: { const: status }, code: { enum: codesOf(status) } },
});

export const problem: Schema = {
  title: 'A refusal',
  description: 'RFC 9457. A later release may add codes: judge one that you do not know by its status.',
  type: 'object',
  properties: {
    type: { type: 'string', pattern: '^urn:keyturn:error:[a-z_]+$' },
    title: { type: 'string' },
    status: { enum: STATUSES },
    code: { enum: Object.keys(REQUEST_CODES) },
    detail: { description: 'For people; never the value of a claim.', type: 'string' },
    pointer: { description: 'Where in the request the fault lies: a JSON Pointer (RFC 6901).', type: 'string' },
  },
  required: ['type', 'title', 'status', 'code', 'detail'],
  oneOf: STATUSES.map(withStatus),
};
