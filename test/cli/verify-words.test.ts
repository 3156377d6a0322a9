/** The words for each way in which a keyring knows a kid. */
import { expect, test } from 'vitest';
import { keyOf } from '../../lib/cli/verify-words.ts';
import type { Keyring } from '../../lib/core/keyring.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z') / 1000;

const KEYRING = {
  keys: [
    { kid: 'a', state: 'active' },
    { kid: 'r', state: 'retired', reason: 'its grace is over', endedAt: NOW },
    { kid: 'c', state: 'compromised', reason: 'laptop stolen', endedAt: NOW },
  ],
  history: [['h', NOW, 'destroyed']],
  imported: [{ jwk: { kid: 'g' }, source: 'elsewhere', until: NOW }],
} as unknown as Keyring;

test.each([
  ['a', 'active'],
  ['r', 'retired: its grace is over; it ended at 2026-11-23T12:00:00Z'],
  ['c', 'burned: laptop stolen; it ended at 2026-11-23T12:00:00Z'],
  ['h', 'gone; it ended at 2026-11-23T12:00:00Z: destroyed'],
  ['g', 'imported from elsewhere until 2026-11-23T12:00:00Z'],
  ['x', 'never a key of this issuer: forged, or of another one'],
])('key %s is %s', (kid, said) => expect(keyOf(KEYRING, kid)).toBe(said));
