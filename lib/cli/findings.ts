/** What is not well with an issuer, each with what to do about it. Pure, so that each can be shown in a test. */
import { formatDuration, formatInstant } from '../core/duration.ts';
import type { Hold, HoldKind } from '../core/holds.ts';
import { activeKey, isObserved, pendingKeys } from '../core/keyring.ts';
import { seenOf } from '../core/outlook.ts';
import { readiness } from '../core/readiness.ts';
import { disableByHand } from './burn-text.ts';
import type { View } from './view.ts';

export interface Finding {
  readonly severity: 'problem' | 'note';
  readonly what: string;
  readonly fix: string;
}

const FIX: Readonly<Record<HoldKind, string>> = {
  rotation: 'the key that works goes on signing; docs/runbooks/rotation-held.md',
  edge: 'look at the distribution and its origin; docs/runbooks/edge-stale.md',
  standby: 'wait for a grace to end, or release what is retained',
  'key-cap': 'look for what makes keys: KMS holds more than the policy can need',
  'foreign-key': 'somebody tagged a key as ours: find out who, and take the tag off',
  'active-key': 'somebody disabled the key in KMS: the standby takes over; find out who',
  'standby-key': 'somebody disabled the key in KMS: another standby is made; find out who',
  'burned-key':
    'somebody enabled the key in KMS again: it is disabled once more; find out who, docs/runbooks/compromise.md',
  'unsafe-windows': 'take unsafeWindows out of the configuration',
  step: 'the next tick tries again; if it stays, see the log of the rotate function',
};

export function findingsOf(view: View): Finding[] {
  const { keyring, tick, policy, edge, edgeProblem, clockOffset, now } = view;
  const found: Finding[] = [];
  const problem = (what: string, fix: string) => found.push({ severity: 'problem', what, fix });
  if (keyring.closed)
    problem(
      `the issuer was closed at ${formatInstant(keyring.closed.at)}: ${keyring.closed.reason}`,
      'its stack was deleted',
    );
  const silence = now - tick.at;
  if (silence > 2 * policy.tick + 300) {
    const sentence = `no tick has ended for ${formatDuration(silence)}, one is due every ${formatDuration(policy.tick)}`;
    problem(sentence, 'look at the schedule, the queue of failed ticks and the log; docs/runbooks/no-ticks.md');
  }
  if (tick.error)
    problem(`the last tick failed: ${tick.error.message} (${tick.error.code})`, fixOfError(tick.error.code));
  for (const key of keyring.keys) {
    if (key.state === 'compromised' && key.disabledAt === undefined)
      problem(
        `burned key ${key.kid} is not on record as disabled in KMS: it may still sign forgeries`,
        `burn it again, or ${disableByHand(key.keyArn)}; docs/runbooks/compromise.md`,
      );
  }
  for (const hold of holdsOf(view)) found.push(findingOf(hold));
  if (edgeProblem) problem(`the edge does not serve the JWKS: ${edgeProblem}`, FIX.edge);
  else if (!edge) problem('the edge serves something that is no JWKS', FIX.edge);
  else if (edge.version !== keyring.documentVersion) {
    problem(`the edge serves version ${edge.version}, the keyring is at ${keyring.documentVersion}`, FIX.edge);
  }
  if (!activeKey(keyring))
    problem('no key signs: callers get 503', 'wait for the fresh key, minutes after a burn; else see the holds');
  if (!pendingKeys(keyring).some(isObserved)) {
    problem(
      'there is no observed standby: a burn would stop signing until a fresh key is seen',
      'the next tick makes one, unless something holds it',
    );
  }
  if (Math.abs(clockOffset) > policy.clockSkew / 2) {
    problem(
      `this machine's clock is off by ${formatDuration(Math.abs(clockOffset))}`,
      'set it: the times below are wrong by as much',
    );
  }
  for (const key of keyring.keys) {
    if ('retained' in key && key.retained) {
      found.push({
        severity: 'note',
        what: `key ${key.kid} is retained by an operator`,
        fix: `keyturn release ${key.kid}`,
      });
    }
  }
  return unique(found);
}

/** The last tick's, and what holds a rotation now: somebody may have asked for one since. */
function holdsOf({ keyring, policy, edge, now, tick }: View): readonly Hold[] {
  const noted = tick.report?.holds ?? [];
  const { wanted, ready, why } = readiness({ keyring, seen: { ...seenOf(keyring, policy), edge }, policy, now });
  if (!wanted || ready) return noted;
  return [...noted.filter(({ kind }) => kind !== 'rotation'), { kind: 'rotation', why }];
}

const findingOf = ({ kind, why }: Hold): Finding => ({ severity: 'problem', what: why, fix: FIX[kind] });

/** @param code that a tick failed with */
export function fixOfError(code: string): string {
  if (code === 'document_newer')
    return 'the table was restored or lost: find out why, then keyturn recover; docs/runbooks/restored-table.md';
  if (code === 'clock_skewed') return 'nothing: Lambda runs elsewhere next time; if it stays, ask AWS';
  if (code === 'keyring_elsewhere') return 'two stacks share the table: delete one, or recover';
  if (/AccessDenied/.test(code))
    return 'a permission is missing: cdk drift names a role that was changed by hand; look for SCPs and permission boundaries too';
  return 'see the log of the rotate function; docs/errors.md explains the code';
}

/** The edge is in the last tick's holds and in our own look. */
const unique = (findings: Finding[]): Finding[] =>
  findings.filter(({ what }, index) => findings.findIndex((other) => other.what === what) === index);
