/** A JWKS as verifiers get it: the answer, the set, its keys, and what each kind of verifier makes of it. Pure. */
import { scanJson } from './json.ts';
import { lintKey, type Remark } from './key-lint.ts';
import type { Verifier } from './verifiers.ts';

/** The answer to a GET. */
export interface Fetched {
  readonly url: string;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly cacheControl: string | undefined;
  readonly body: string;
}

/** ALB's limits, and those of nobody are smaller. */
const MAX_BYTES = 150_000;
const MAX_DEPTH = 16;
/** RFC 7517 §8.5; RFC 8414 §3.2 and most issuers have the second. */
const MEDIA_TYPES = ['application/jwk-set+json', 'application/json'];

export function lintJwks(fetched: Fetched, verifiers: readonly Verifier[]): Remark[] {
  const { status, body } = fetched;
  if (status !== 200) return [error('OIDC Core §10.1.1', `it must answer 200 and without a redirect, got ${status}`)];
  const remarks = lintAnswer(fetched);
  const keys = keysOf(body);
  if (typeof keys === 'string') return [...remarks, error('RFC 7517 §5', keys)];
  if (keys.length === 0) remarks.push(error('RFC 7517 §5.1', 'the set is empty: nothing verifies'));
  const kids = keys.map((key) => Object(key).kid).filter((kid) => typeof kid === 'string');
  for (const kid of new Set(kids.filter((kid, index) => kids.indexOf(kid) !== index))) {
    remarks.push(error('RFC 7517 §4.5', `kid ${kid} occurs more than once`));
  }
  for (const [index, key] of keys.entries()) remarks.push(...lintKey(key, nameOf(key, index)));
  return [...remarks, ...verifiers.flatMap((verifier) => lintFor(verifier, keys))];
}

const error = (rule: string, what: string): Remark => ({ severity: 'error', rule, what });
const warning = (rule: string, what: string): Remark => ({ severity: 'warning', rule, what });

const nameOf = (key: unknown, index: number): string => {
  const { kid } = Object(key) as { kid?: unknown };
  return typeof kid === 'string' && kid !== '' ? `key ${kid}` : `key number ${index + 1}`;
};

function lintAnswer({ url, contentType, cacheControl, body }: Fetched): Remark[] {
  const remarks: Remark[] = [];
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) {
    remarks.push(error('RFC 8725 §3.10', 'it must be served over https: whoever is in between chooses the keys'));
  }
  const [type = ''] = (contentType ?? '').split(';');
  if (!MEDIA_TYPES.includes(type.trim().toLowerCase())) {
    remarks.push(warning('RFC 7517 §8.5', `content-type should be ${MEDIA_TYPES.join(' or ')}, got ${contentType}`));
  }
  const maxAge = /(?:^|[\s,])max-age=(\d+)/.exec(cacheControl ?? '')?.[1];
  if (/no-store|no-cache/.test(cacheControl ?? '')) {
    remarks.push(warning('OIDC Core §10.1.1', `cache-control ${cacheControl} has every verifier fetch every time`));
  } else if (maxAge === undefined) {
    remarks.push(
      warning('OIDC Core §10.1.1', 'without cache-control max-age nobody knows for how long it may be kept'),
    );
  } else if (Number(maxAge) > 24 * 3600) {
    remarks.push(warning('OIDC Core §10.1.1', `max-age=${maxAge} keeps a burned key in caches for more than a day`));
  }
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BYTES) remarks.push(error('ALB quotas', `it must have at most ${MAX_BYTES} bytes, got ${bytes}`));
  return remarks;
}

/** The keys, or why there are none. */
function keysOf(body: string): readonly unknown[] | string {
  try {
    const { keys } = Object(JSON.parse(body)) as { keys?: unknown };
    // RFC 8725 §2.4: two readers must not see two documents.
    scanJson(body, MAX_DEPTH);
    return Array.isArray(keys) ? keys : 'it must be an object with an array keys';
  } catch (cause) {
    return cause instanceof SyntaxError ? 'it is not JSON' : (cause as Error).message;
  }
}

/** The same words for a declared verifier and for one that somebody only thinks of. */
function lintFor({ title, name, maxKeys, algorithms, rejectsUnknownKeyTypes }: Verifier, keys: readonly unknown[]) {
  const remarks: Remark[] = [];
  const rule = `verifier ${name}`;
  if (maxKeys !== undefined && keys.length > maxKeys) {
    remarks.push(error(rule, `${title} takes at most ${maxKeys} keys, there are ${keys.length}`));
  }
  for (const [index, key] of keys.entries()) {
    const { alg, kty } = Object(key) as { alg?: unknown; kty?: unknown };
    if (rejectsUnknownKeyTypes && !['RSA', 'EC', 'OKP'].includes(String(kty))) {
      remarks.push(error(rule, `${title} rejects the whole set over ${nameOf(key, index)} of kty ${String(kty)}`));
    } else if (typeof alg === 'string' && !(algorithms as readonly string[]).includes(alg)) {
      remarks.push(error(rule, `${title} does not take ${alg}, the algorithm of ${nameOf(key, index)}`));
    }
  }
  return remarks;
}
