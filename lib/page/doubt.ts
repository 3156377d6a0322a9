/** What a good signature does not settle. Pure. */
import { DEFAULTS } from '../sdk/verifier/options.ts';
import type { Said } from './decode.ts';
import { lengthOf } from './when.ts';

export interface Doubt {
  readonly title: string;
  readonly why: string;
  readonly more: readonly string[];
  readonly code?: string;
}

const { clockTolerance, maxTokenLifetime } = DEFAULTS;

/** Of a token that was verified, but for how long it lives: that is each issuer's own, and published nowhere. */
export function doubtOf({ iat, exp }: Said, now: number): Doubt | undefined {
  const lifetime = Number(exp) - Number(iat);
  if (lifetime > maxTokenLifetime) {
    return {
      title: 'Signed, but it lives long',
      why: `it lives ${lengthOf(lifetime)}: keyturn/verifier refuses more than ${lengthOf(maxTokenLifetime)}, unless it was told to take it`,
      more: [
        'Whoever could sign for a moment could write any exp. Take it only if this issuer is known to sign for so long.',
      ],
      code: 'lifetime_too_long',
    };
  }
  const since = now - Number(exp);
  if (since < 0) return undefined;
  return {
    title: 'Just expired',
    why: `it expired ${lengthOf(since)} ago, still within the leeway of ${lengthOf(clockTolerance)} that verifiers may grant`,
    more: ['Ask for a new one.'],
  };
}

/** Whether a verdict of `then` may be another now, by the clock alone. */
export function isOutdated({ iat, nbf, exp }: Said, then: number, now: number): boolean {
  const turns = [Number(iat) - clockTolerance, Number(nbf) - clockTolerance, Number(exp), Number(exp) + clockTolerance];
  return turns.some((turn) => then < turn !== now < turn);
}
