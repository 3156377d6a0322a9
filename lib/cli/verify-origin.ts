/** Where the keys come from that a token is verified with: a stack's edge and keyring, or an issuer's public documents. */
import { documentPaths, isNearby } from '../core/issuer.ts';
import type { Keyring } from '../core/keyring.ts';
import { resolveTarget } from './target.ts';
import { UsageError } from './verb.ts';
import { viewOf } from './view.ts';

interface Origin {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly maxTokenLifetime: number;
  readonly keyring?: Keyring;
}

export async function ofTarget(values: Parameters<typeof resolveTarget>[0]): Promise<Origin> {
  const target = await resolveTarget(values);
  const { keyring, policy } = await viewOf(target);
  const { issuer } = keyring;
  const jwksUrl = `${target.edgeUrl}${documentPaths(issuer).jwks}`;
  // What was promised before the policy shrank counts on.
  const promised = keyring.keys.map((key) => ('maxTokenLifetime' in key ? key.maxTokenLifetime : 0));
  return { issuer, jwksUrl, keyring, maxTokenLifetime: Math.max(policy.maxTokenLifetime, ...promised) };
}

/** @throws UsageError for what is no issuer */
export function byDocuments(issuer: string): Origin {
  const url = URL.parse(issuer);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isNearby(url.hostname));
  if (!isSafe) throw new UsageError(`--issuer must be an https URL, got ${issuer}`);
  const jwksUrl = `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;
  // Nobody has said how long its tokens may live.
  return { issuer, jwksUrl, maxTokenLifetime: Number.MAX_SAFE_INTEGER };
}
