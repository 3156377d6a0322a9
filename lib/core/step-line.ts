/**
 * One line of the log a step: what was done and why, and how the keyring stands then. Kids are public; nothing here is
 * secret. `keyturn check-trace` decides the invariants on these lines, so that what it needs is in them.
 */
import { activeKey, type Keyring, type LeadWaiver, renderedKeys } from './keyring.ts';

export interface StepLine {
  readonly event: 'step' | 'hold';
  /** By the clock of whoever did it. */
  readonly at: number;
  readonly issuer: string;
  readonly revision: number;
  readonly documentVersion: number;
  /** Those that the document of this version holds. */
  readonly kids: readonly string[];
  /** The active key, and what it has recorded. */
  readonly signing?: string;
  readonly tokenLifetime?: number;
  readonly leadWaived?: LeadWaiver;
  readonly step: string;
  /** The key that the step is about; of a burn, all of them. */
  readonly kid?: string;
  readonly burned?: readonly string[];
  readonly why: string;
  readonly code?: string;
}

/** How the keyring stands. */
export function standing(keyring: Keyring, revision: number, at: number) {
  const { issuer, documentVersion } = keyring;
  const kids = renderedKeys(keyring).map(({ kid }) => kid);
  const active = activeKey(keyring);
  return {
    at,
    issuer,
    revision,
    documentVersion,
    kids,
    ...(active && { signing: active.kid, tokenLifetime: active.maxTokenLifetime }),
    ...(active?.leadWaived && { leadWaived: active.leadWaived }),
  };
}
