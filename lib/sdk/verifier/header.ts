/** The header: which algorithm, which key, what kind of token; and nothing that would change how it is verified. */
import { refuse } from './errors.ts';
import { type JsonObject, readObject } from './json.ts';

export interface Header {
  readonly alg: string;
  readonly kid: string;
  /** Normalized. */
  readonly typ: string;
}

/**
 * RFC 7515 §4: whoever does not know a parameter passes over it. Not over these: they bring a key along (RFC 8725 §3.10),
 * extend the rules (§4.1.11, RFC 7797), or belong to something that is not a JWT by itself.
 */
const FORBIDDEN = ['crit', 'b64', 'jwk', 'jku', 'x5c', 'x5u', 'enc', 'zip', 'cty'] as const;

/** An issuer has one or two headers. An attacker has as many as it likes: past this many the cache starts anew. */
const MAX_CACHED = 64;
const cache = new Map<string, Header>();

/** @throws VerificationError `header_malformed`, `header_forbidden` */
export function readHeader(segment: string): Header {
  const known = cache.get(segment);
  if (known !== undefined) return known;
  const parameters = readObject(segment, 'header_malformed', 'the header');
  const forbidden = FORBIDDEN.find((name) => name in parameters);
  if (forbidden !== undefined) {
    refuse('header_forbidden', `the header must not have ${forbidden}`, { claim: forbidden });
  }
  const alg = text(parameters, 'alg');
  const kid = text(parameters, 'kid');
  if (kid === '') refuse('header_malformed', 'kid must not be empty', { claim: 'kid', reason: 'malformed' });
  const header = { alg, kid, typ: normalizeType(text(parameters, 'typ')) };
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(segment, header);
  return header;
}

function text(parameters: JsonObject, claim: string): string {
  const value = parameters[claim];
  if (typeof value === 'string') return value;
  const reason = value === undefined ? 'missing' : 'malformed';
  return refuse('header_malformed', `the header must have ${claim}, a string`, { claim, reason });
}

/** RFC 7515 §4.1.9: a media type, whose `application/` may be left out. Media types are compared without case. */
export function normalizeType(type: string): string {
  const lower = type.toLowerCase();
  return lower.includes('/') ? lower : `application/${lower}`;
}
