/** The options as they are used. One that does not exist, or makes no sense, is refused when the verifier is made. */
import { ALGORITHM_NAMES, type Algorithm } from '../../core/algorithms.ts';
import { isNearby } from '../../core/issuer.ts';
import type { ClaimRules } from './claims.ts';
import { type Listener, listener } from './events.ts';
import { normalizeType } from './header.ts';
import type { KeySetOptions } from './key-set.ts';
import { onlyKnown, strings } from './option-checks.ts';
import { DEFAULTS, type VerifierOptions } from './options.ts';

export interface Settings extends ClaimRules, KeySetOptions {
  readonly types: ReadonlySet<string>;
  readonly isRevoked: VerifierOptions['isRevoked'];
  readonly emit: Listener;
}

/** RFC 8725 leaves the leeway open; a few minutes are what RFC 7519 §4.1.4 calls small. */
const MAX_TOLERANCE = 300;
const NAMES: readonly string[] = [
  ...['issuer', 'audience', 'algorithms', ...Object.keys(DEFAULTS)],
  ...['jwksUrl', 'isRevoked', 'onEvent', 'fetch', 'now'],
];

/** @throws TypeError with a sentence that names the option */
export function readOptions(options: VerifierOptions): Settings {
  onlyKnown(options, NAMES);
  const { issuer, isRevoked, onEvent, now = Date.now } = options;
  if (typeof issuer !== 'string' || issuer === '') throw new TypeError('issuer must be a string that is not empty');
  const given = { ...DEFAULTS, ...definedOf(options) };
  const algorithms = new Set(strings('algorithms', given.algorithms));
  for (const name of algorithms) {
    if (!ALGORITHM_NAMES.includes(name as Algorithm)) {
      throw new TypeError(`algorithms must be some of ${ALGORITHM_NAMES.join(', ')}, got ${JSON.stringify(name)}`);
    }
  }
  const settings = {
    issuer,
    audiences: new Set(strings('audience', [given.audience].flat())),
    algorithms,
    types: new Set(strings('types', given.types).map(normalizeType)),
    clockTolerance: seconds('clockTolerance', given.clockTolerance, 0, MAX_TOLERANCE),
    maxTokenLifetime: seconds('maxTokenLifetime', given.maxTokenLifetime, 1),
    jwksUrl: secureUrl(given.jwksUrl ?? `${issuer}/.well-known/jwks.json`),
    keysTimeout: seconds('keysTimeout', given.keysTimeout, 0.001, 60),
    keysCooldown: seconds('keysCooldown', given.keysCooldown, 1),
    keysMaxAge: seconds('keysMaxAge', given.keysMaxAge, 1),
    keysCeiling: seconds('keysCeiling', given.keysCeiling, 1),
    fetch: given.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    clock: () => now() / 1000,
    isRevoked,
    emit: listener(onEvent),
  };
  const { keysCooldown, keysMaxAge, keysCeiling } = settings;
  if (keysCooldown > keysMaxAge) throw new TypeError('keysCooldown must be at most keysMaxAge');
  if (keysMaxAge > keysCeiling) throw new TypeError('keysMaxAge must be at most keysCeiling');
  return settings;
}

/** What is given as undefined is not given. */
const definedOf = (options: VerifierOptions): VerifierOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as unknown as VerifierOptions;

function seconds(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
  throw new TypeError(`${name} must be a number of seconds, ${bounds}, got ${String(value)}`);
}

function secureUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) throw new TypeError(`jwksUrl must be a URL, got ${JSON.stringify(text)}`);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isNearby(url.hostname))) {
    throw new TypeError(
      `jwksUrl must use https (http only on localhost, or at a name without a dot), got ${url.protocol}//${url.host}`,
    );
  }
  // A fetch does not send it: it would make two names of one document.
  if (url.hash !== '') throw new TypeError(`jwksUrl must have no fragment, got ${url.hash}`);
  return url.href;
}
