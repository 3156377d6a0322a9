/**
 * The part of the policy that a signer acts on. The windows have been checked before it starts (at synth, and in every
 * tick), so its bundle carries neither the verifier table nor the arithmetic.
 */
import type { Policy } from './config.ts';
import { formatDuration, readDuration } from './duration.ts';
import { KeyturnError } from './errors.ts';
import { parseIssuer } from './issuer.ts';
import { DEFAULT_SECRET_CLAIMS } from './names.ts';

const WINDOWS = ['tokenLifetime', 'maxTokenLifetime', 'signerCache', 'signingLatency'] as const;

export type SignerPolicy = Pick<Policy, 'issuer' | 'secretClaims' | (typeof WINDOWS)[number]>;

/** What `readSignerPolicy` reads back, for the function's environment. */
export function signerPolicyToJson(policy: SignerPolicy): Record<string, unknown> {
  const { issuer, secretClaims } = policy;
  return {
    issuer,
    ...Object.fromEntries(WINDOWS.map((name) => [name, formatDuration(policy[name])])),
    ...(secretClaims !== DEFAULT_SECRET_CLAIMS && { secretClaims }),
  };
}

/** @throws KeyturnError `policy_invalid` */
export function readSignerPolicy(input: Readonly<Record<string, unknown>>): SignerPolicy {
  const window = (name: (typeof WINDOWS)[number]) => readDuration(name, input[name]);
  return {
    issuer: parseIssuer(input.issuer),
    tokenLifetime: window('tokenLifetime'),
    maxTokenLifetime: window('maxTokenLifetime'),
    signerCache: window('signerCache'),
    signingLatency: window('signingLatency'),
    secretClaims: readSecretClaims(input.secretClaims),
  };
}

/** @throws KeyturnError `policy_invalid` */
export function readSecretClaims(value: unknown): readonly string[] {
  if (value === undefined) return DEFAULT_SECRET_CLAIMS;
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
  throw new KeyturnError('policy_invalid', `secretClaims must be a list of names, got ${JSON.stringify(value)}`);
}
