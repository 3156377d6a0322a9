/** What the table said, and from when on. */
import type { Keyring } from '../core/keyring.ts';

export interface State {
  readonly since: number;
  readonly restored: boolean;
  /** It is older than a document that was there before: nothing rotates until a `recover`, or a burn, has merged the two. */
  readonly forgetful: boolean;
  readonly keyring: Keyring;
}

/** As long as a process may hang that comes back and goes on. */
export const LONGEST_TICK = 15 * 60;

export const isBurned = ({ keys }: Keyring, kid: string): boolean =>
  keys.some((key) => key.kid === kid && key.state === 'compromised');
