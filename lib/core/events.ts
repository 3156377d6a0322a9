/**
 * What happened to an issuer's keys, as events for whoever wants to know. They are read off the keyring before and after a
 * save, so that no step can forget to tell; docs/events.md promises their form. Pure.
 */
import { type ImportedKey, isRendered, type Key, type Keyring } from './keyring.ts';

export const EVENT_TYPES = [
  'created',
  'observed',
  'activated',
  'retired',
  'burned',
  'imported',
  'held',
  'mismatch',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface LifecycleEvent {
  readonly type: EventType;
  readonly issuer: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly revision: number;
  readonly documentVersion: number;
  /** Absent where no single key is meant. */
  readonly kid?: string;
  readonly why?: string;
}

export type KeyEvent = Pick<LifecycleEvent, 'type' | 'kid' | 'why'>;

export function eventsBetween(before: Keyring, after: Keyring): KeyEvent[] {
  const keys = after.keys.flatMap((key) =>
    ofKey(
      before.keys.find(({ kid }) => kid === key.kid),
      key,
    ),
  );
  return [...keys, ...ofImported(before.imported ?? [], after)];
}

/** A key may go more than one step between two saves: one that burns may leave a standby that signs at once. */
function ofKey(before: Key | undefined, after: Key): KeyEvent[] {
  const { kid } = after;
  const found: KeyEvent[] = [];
  if (!before && isRendered(after)) found.push({ type: 'created', kid });
  const wasObserved = before !== undefined && 'observedAt' in before && before.observedAt !== undefined;
  if (!wasObserved && 'observedAt' in after && after.observedAt !== undefined) found.push({ type: 'observed', kid });
  if (before?.state === after.state) return found;
  if (after.state === 'active') found.push({ type: 'activated', kid });
  if (after.state === 'retired') found.push({ type: 'retired', kid, why: after.reason });
  if (after.state === 'compromised') found.push({ type: 'burned', kid, why: after.reason });
  return found;
}

function ofImported(before: readonly ImportedKey[], { imported = [], history }: Keyring): KeyEvent[] {
  const isIn = (keys: readonly ImportedKey[], kid: string) => keys.some(({ jwk }) => jwk.kid === kid);
  const came = imported.filter(({ jwk }) => !isIn(before, jwk.kid));
  const left = before.filter(({ jwk }) => !isIn(imported, jwk.kid));
  return [
    ...came.map(({ jwk, source }): KeyEvent => ({ type: 'imported', kid: jwk.kid, why: `from ${source}` })),
    ...left.map(({ jwk: { kid } }): KeyEvent => {
      const why = history.find(([old]) => old === kid)?.[2] ?? '';
      return { type: why.startsWith('burned: ') ? 'burned' : 'retired', kid, why };
    }),
  ];
}
