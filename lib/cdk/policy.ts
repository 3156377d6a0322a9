/** Between props and the policy of lib/core: the same check as at run time, in the same words. */
import { Duration } from 'aws-cdk-lib';
import { type Policy, parsePolicy, WINDOW_DEFAULTS, type WindowName } from '../core/config.ts';
import { formatDuration } from '../core/duration.ts';
import { KeyturnError } from '../core/errors.ts';
import { requireSafe } from '../core/policy.ts';
import { VERIFIERS, type Verifier, type VerifierName } from '../core/verifiers.ts';
import type { OwnVerifier, PolicyProps } from './policy-props.ts';

const DURATIONS = [...(Object.keys(WINDOW_DEFAULTS) as WindowName[]), 'publicationLead', 'cryptoperiod'] as const;
const OTHERS = ['issuer', 'algorithm', 'verifiers', 'activationWindow', 'secretClaims'] as const;

/** @throws KeyturnError `policy_invalid`, `policy_unsafe` */
export function policyFromProps(props: PolicyProps): Policy {
  const given = [...OTHERS, ...DURATIONS].map((name) => [name, plain(name, props[name])]);
  return requireSafe(parsePolicy(Object.fromEntries(given)));
}

/** As `keyturn.config.json` would say it. */
function plain(name: string, value: unknown): unknown {
  if (value instanceof Duration) return formatDuration(secondsOf(name, value));
  if (Array.isArray(value)) return value.map((member) => plain(name, member));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([part, member]) => [part, plain(`${name}.${part}`, member)]));
}

function secondsOf(name: string, value: Duration): number {
  if (!value.isUnresolved()) return value.toSeconds();
  throw new KeyturnError(
    'policy_invalid',
    `${name} must be literal, got a CDK token: it is checked here, before anything is deployed`,
  );
}

/**
 * The props that say what a `keyturn.config.json` says, for the app.
 * @throws KeyturnError `policy_invalid`
 */
export function propsFromConfig(config: Readonly<Record<string, unknown>>): PolicyProps {
  // Experiments are for one machine: a deployment's windows are checked.
  const { unsafeWindows: _, ...rest } = config;
  const policy = parsePolicy(rest);
  const durations = DURATIONS.flatMap((name) => {
    const seconds = config[name] === undefined ? undefined : policy[name];
    return seconds === undefined ? [] : [[name, Duration.seconds(seconds)]];
  });
  return {
    issuer: policy.issuer,
    algorithm: policy.algorithm,
    ...(policy.verifiers && { verifiers: policy.verifiers.map(verifierProp) }),
    ...(policy.activationWindow && { activationWindow: policy.activationWindow.text }),
    ...(config.secretClaims !== undefined && { secretClaims: policy.secretClaims }),
    ...Object.fromEntries(durations),
  };
}

function verifierProp(verifier: Verifier): VerifierName | OwnVerifier {
  const { name, keyCache, refetch, algorithms, maxKeys } = verifier;
  if (Object.hasOwn(VERIFIERS, name) && VERIFIERS[name as VerifierName] === verifier) return name as VerifierName;
  return {
    name,
    keyCache: Number.isFinite(keyCache) ? Duration.seconds(keyCache) : 'forever',
    refetch: refetch === 'never' ? refetch : Duration.seconds(refetch),
    algorithms,
    ...(maxKeys && { maxKeys }),
  };
}
