/** What a run has to say of a failure: its plan, and what happened around the instants and the keys that are named. */
import { isObserved, type Key, type Keyring } from '../core/keyring.ts';
import type { Plan } from './plan.ts';
import type { Run } from './run.ts';
import type { TraceEvent } from './trace.ts';

const LINES = 40;

export function tell({ plan, world, violations }: Run): string {
  const begin = world.trace[0]?.at ?? 0;
  const lines = [...happenings(world.trace), ...plan.disturbances.map((one) => planned(begin, one))]
    .sort((a, b) => a.at - b.at)
    .filter(({ text }, index, all) => text !== all[index - 1]?.text);
  const instants = violations.flatMap((sentence) =>
    [...sentence.matchAll(/\b\d{10}\b/g)].map(([text]) => Number(text)),
  );
  const last = Math.max(...instants, begin);
  const end = instants.length > 0 ? lines.findLastIndex(({ at }) => at <= last) + 3 : lines.length;
  return [
    `seed ${plan.seed} (${plan.profile}): ${violations[0]}${violations.length > 1 ? `, and ${violations.length - 1} more` : ''}`,
    `policy ${JSON.stringify(plan.settings)}`,
    `clocks off by ${clocks(plan)}; times are seconds since ${begin}`,
    ...lines
      .slice(Math.max(0, end - LINES), end)
      .map(({ at, text }) => `${(at - begin).toFixed(0).padStart(9)}  ${text}`),
  ].join('\n');
}

const clocks = ({ rotatorOffsets, signerOffsets }: Plan) =>
  `${rotatorOffsets.join(', ')} s (ticks) and ${signerOffsets.join(', ')} s (signers)`;

function planned(begin: number, { at, kind, ...rest }: Plan['disturbances'][number]) {
  return { at: begin + at, text: `! ${kind} ${JSON.stringify(rest)}` };
}

function happenings(trace: readonly TraceEvent[]): { readonly at: number; readonly text: string }[] {
  let signing = '';
  return trace.flatMap((event) => {
    const { at } = event;
    switch (event.kind) {
      case 'save':
      case 'restore':
        return [{ at, text: `${event.kind === 'save' ? 'saved' : 'RESTORED'} ${summary(event.keyring)}` }];
      case 'document':
        return [{ at, text: `published ${published(event.body)}` }];
      case 'token': {
        const isNews = signing !== event.kid;
        signing = event.kid;
        return isNews ? [{ at, text: `signer ${event.signer} signs with ${short(event.kid)}` }] : [];
      }
      case 'tick':
        return event.failed ? [{ at, text: `tick failed: ${event.failed}` }] : [];
      case 'ending':
        return [{ at, text: `KMS: ${event.call} ${event.keyArn.slice(-8)}` }];
      case 'burn':
        return [{ at, text: `burned ${event.kids.map(short).join(', ')}` }];
      case 'calm':
        return [{ at, text: 'faults have stopped' }];
      default:
        return [];
    }
  });
}

const short = (kid: string) => kid.slice(0, 6);

function summary({ documentVersion, keys, intent, flush, rotationRequested }: Keyring): string {
  const live = keys.filter(({ state, ...key }) => state !== 'retired' || !('deletionAt' in key)).map(state);
  const wishes = [intent && 'an intent', flush && 'a flush', rotationRequested && 'a wish'].filter(Boolean);
  return [`v${documentVersion}`, ...live, ...wishes].join(' ');
}

const state = (key: Key) =>
  `${short(key.kid)}:${key.state}${key.state === 'pending' && isObserved(key) ? '(observed)' : ''}`;

function published(body: string): string {
  const { keys, documentVersion } = JSON.parse(body) as { keys: { kid: string }[]; documentVersion: number };
  return `v${documentVersion} ${keys.map(({ kid }) => short(kid)).join(' ')}`;
}
