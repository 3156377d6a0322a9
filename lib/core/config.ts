/**
 * The one schema of what a team decides: the same names as construct props, in the functions' environment and in
 * `keyturn.config.json`. It reads shapes and fills defaults; whether the windows are safe is the question of policy.ts.
 */
import { type ActivationWindow, parseActivationWindow } from './activation-window.ts';
import { type Algorithm, parseAlgorithm } from './algorithms.ts';
import { formatDuration, readDuration } from './duration.ts';
import { KeyturnError } from './errors.ts';
import { parseIssuer } from './issuer.ts';
import { DEFAULT_SECRET_CLAIMS } from './names.ts';
import { minPublicationLead } from './policy.ts';
import { readSecretClaims } from './signer-policy.ts';
import { parseVerifier, type Verifier, verifierToJson } from './verifiers.ts';

/** Every window, in seconds, with its default. */
export const WINDOW_DEFAULTS = {
  /** How long a key signs before the next one takes over. */
  rotationPeriod: '90d',
  /** How long a key stays in the JWKS after its end, at least. */
  grace: '10d',
  /** Lifetime of a token whose request names none. */
  tokenLifetime: '15m',
  /** The longest lifetime that a request may name. */
  maxTokenLifetime: '1h',
  /** Seconds between two runs of the reconciler. */
  tick: '15m',
  /** `max-age` of the documents. */
  edgeMaxAge: '300s',
  /** `stale-while-revalidate` of the documents. */
  edgeStaleWhileRevalidate: '60s',
  /** `stale-if-error` of the documents. */
  edgeStaleIfError: '1h',
  /** How long a signer uses a keyring that it has read. */
  signerCache: '30s',
  /** The longest that one signature may take. */
  signingLatency: '30s',
  /** How far one machine's clock may be off. */
  clockSkew: '5m',
  /** How long after `exp` a verifier may still accept a token. */
  verifierLeeway: '5m',
  /** Days between the scheduling of a KMS key's deletion and the deletion. */
  deletionWindow: '30d',
} as const;
export type WindowName = keyof typeof WINDOW_DEFAULTS;

export interface Policy extends Readonly<Record<WindowName, number>> {
  /** The `iss` of every token: an https URL without query, fragment and trailing slash. */
  readonly issuer: string;
  /** The algorithm of the next key. */
  readonly algorithm: Algorithm;
  /** Undefined: nobody said who verifies. */
  readonly verifiers: readonly Verifier[] | undefined;
  /** How long a key is in the JWKS before it signs. Default: 24 h or what the verifiers need, the larger. */
  readonly publicationLead: number;
  /** No token of a key outlives this, counted from its activation. Default: none. */
  readonly cryptoperiod: number | undefined;
  /** When scheduled activations may happen. Default: at any time. */
  readonly activationWindow: ActivationWindow | undefined;
  /** Claim names that are refused because a JWT is readable by anyone. Default: `DEFAULT_SECRET_CLAIMS`. */
  readonly secretClaims: readonly string[];
  /** The check of policy.ts is waived, for experiments. Every tick says so. */
  readonly unsafeWindows: boolean;
}

const DEFAULT_LEAD = 24 * 3600;
const fail = (message: string): never => {
  throw new KeyturnError('policy_invalid', message);
};

/** @throws KeyturnError `policy_invalid`: an unknown name, a value of the wrong form */
export function parsePolicy(input: unknown): Policy {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return fail(`the policy must be an object, got ${JSON.stringify(input)}`);
  }
  const given = input as Record<string, unknown>;
  const known = [
    ...Object.keys(WINDOW_DEFAULTS),
    ...['issuer', 'algorithm', 'verifiers', 'publicationLead', 'cryptoperiod', 'activationWindow', 'secretClaims'],
    'unsafeWindows',
  ];
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) fail(`${name} is not a setting; there are ${known.sort().join(', ')}`);
  }
  const windows = Object.fromEntries(
    Object.entries(WINDOW_DEFAULTS).map(([name, value]) => [name, readDuration(name, or(given[name], value))]),
  ) as Record<WindowName, number>;
  if (given.verifiers !== undefined && !Array.isArray(given.verifiers)) {
    fail(`verifiers must be a list, got ${JSON.stringify(given.verifiers)}`);
  }
  const verifiers = (given.verifiers as unknown[] | undefined)?.map(parseVerifier);
  const policy = {
    ...windows,
    issuer: parseIssuer(given.issuer),
    algorithm: parseAlgorithm(or(given.algorithm, 'RS256')),
    verifiers,
    cryptoperiod: given.cryptoperiod === undefined ? undefined : readDuration('cryptoperiod', given.cryptoperiod),
    activationWindow: given.activationWindow === undefined ? undefined : parseActivationWindow(given.activationWindow),
    secretClaims: readSecretClaims(given.secretClaims),
    unsafeWindows: boolean('unsafeWindows', or(given.unsafeWindows, false)),
    publicationLead: 0,
  };
  const publicationLead =
    given.publicationLead === undefined
      ? Math.max(DEFAULT_LEAD, minPublicationLead(policy))
      : readDuration('publicationLead', given.publicationLead);
  return { ...policy, publicationLead };
}

/** A default is for what nobody wrote: `null` is a value, and none that fits. */
const or = (value: unknown, fallback: unknown) => (value === undefined ? fallback : value);

const boolean = (name: string, value: unknown): boolean =>
  typeof value === 'boolean' ? value : fail(`${name} must be true or false, got ${JSON.stringify(value)}`);

/** The policy as JSON in the form that `parsePolicy` reads, for the functions' environment. */
export function policyToJson(policy: Policy): Record<string, unknown> {
  const durations = Object.fromEntries(
    [...Object.keys(WINDOW_DEFAULTS), 'publicationLead'].map((name) => [
      name,
      formatDuration(policy[name as WindowName | 'publicationLead']),
    ]),
  );
  return {
    issuer: policy.issuer,
    algorithm: policy.algorithm,
    ...durations,
    ...(policy.verifiers && { verifiers: policy.verifiers.map(verifierToJson) }),
    ...(policy.cryptoperiod !== undefined && { cryptoperiod: formatDuration(policy.cryptoperiod) }),
    ...(policy.activationWindow && { activationWindow: policy.activationWindow.text }),
    ...(policy.secretClaims !== DEFAULT_SECRET_CLAIMS && { secretClaims: policy.secretClaims }),
    ...(policy.unsafeWindows && { unsafeWindows: true }),
  };
}
