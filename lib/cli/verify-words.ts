/** What the keyring knows of a key, in words. */
import { formatInstant } from '../core/duration.ts';
import type { Keyring } from '../core/keyring.ts';

/** What the keyring remembers of a kid. */
export function keyOf({ keys, history, imported = [] }: Keyring, kid: unknown): string {
  const foreign = imported.find(({ jwk }) => jwk.kid === kid);
  if (foreign) return `imported from ${foreign.source} until ${formatInstant(foreign.until)}`;
  const key = keys.find((candidate) => candidate.kid === kid);
  const forgotten = history.find(([old]) => old === kid);
  if (!key && !forgotten) return 'never a key of this issuer: forged, or of another one';
  if (forgotten) return `gone; it ended at ${formatInstant(forgotten[1])}: ${forgotten[2]}`;
  if (key?.state === 'retired' || key?.state === 'compromised')
    return `${key.state === 'compromised' ? 'burned' : 'retired'}: ${key.reason}; it ended at ${formatInstant(key.endedAt)}`;
  return key?.state ?? '';
}
