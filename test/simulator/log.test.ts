/** The checkers on what a deployment logs: the lines of the shipped code, and the same lines with something wrong. */
import { describe, expect, test } from 'vitest';
import { recover } from '../../lib/core/recover.ts';
import { standing } from '../../lib/core/step-line.ts';
import { evidenceOfLog } from '../../lib/simulator/evidence-of-log.ts';
import { verdicts, violatedBy } from '../../lib/simulator/invariants.ts';
import { verdictsOfLog } from '../../lib/simulator/verdicts-of-log.ts';
import { World } from '../../lib/simulator/world.ts';
import { MINUTE, WINDOWS } from './settling.ts';

type Line = Record<string, unknown>;

type Act = (world: World) => Promise<unknown>;

/** Ten hours of a deployment, as its functions log it: a tick or another act each quarter, and a token. */
async function hours(acts: Readonly<Record<number, Act>> = {}, quarters = 40, settings: object = WINDOWS) {
  const world = new World({ ...settings }, 'log');
  const lines: Line[] = [];
  const signer = world.signer();
  for (let quarter = 0; quarter < quarters; quarter++) {
    await (acts[quarter] ?? ((own: World) => own.tick()))(world).catch(() => undefined);
    lines.push(...(world.log.splice(0) as unknown as Line[]));
    const { issuer } = world.policy;
    const token = await world.sign(signer, 'a', { expiresIn: 600 }).catch(() => undefined);
    if (token) lines.push({ event: 'token', issuer, kid: token.kid, iat: token.issuedAt, exp: token.expiresAt });
    world.now += 15 * MINUTE;
  }
  return { world, lines };
}

/** Rotations, retirements, and a burn at the end. */
const day = () =>
  hours({ 35: (own) => own.burn({ kids: [own.keyring.keys.find(({ state }) => state === 'active')?.kid ?? ''] }) });

const { world, lines } = await day();
const judge = (changed: readonly Line[], policy = world.policy) => {
  const found = verdictsOfLog(
    changed.map((line) => JSON.stringify(line)),
    policy,
  );
  return Object.fromEntries(found.map(({ invariant, verdict }) => [invariant, verdict]));
};
const violated = (verdicts: Record<string, string>) =>
  Object.keys(verdicts).filter((name) => verdicts[name] === 'violated');

test('what it shows holds, and what it does not show is undecided', () => {
  expect(judge(lines)).toEqual({
    I1: 'holds',
    I2: 'holds',
    I3: 'holds',
    I4: 'undecided',
    I5: 'undecided',
    I6: 'undecided',
    I7: 'undecided',
    I8: 'holds',
    I9: 'undecided',
    I10: 'undecided',
    I11: 'holds',
  });
});

test('nothing is nothing: no line, no pass', () => {
  expect(new Set(Object.values(judge([])))).toEqual(new Set(['undecided']));
});

test('tokens without the steps before them are undecided', () => {
  const tokens = lines.filter(({ event }) => event === 'token');
  expect(judge(tokens)).toMatchObject({ I1: 'undecided', I2: 'undecided', I11: 'undecided' });
});

test('a log that begins in the middle decides what it can', () => {
  const half = lines.slice(Math.floor(lines.length / 2));
  expect(judge(half)).toMatchObject({ I1: 'undecided', I2: 'undecided', I3: 'holds' });
});

const replace = (match: (line: Line) => boolean, change: Line) =>
  lines.map((line) => (match(line) ? { ...line, ...change } : line));
const isStep = (name: string) => (line: Line) => line.event === 'step' && line.step === name;

const second = lines.filter(isStep('activate'))[1] as Line;
const secondSigns = second.at as number;

test.each<[string, string, () => Line[]]>([
  [
    'I1',
    'a key leaves while its tokens live',
    () => {
      const first = lines.find(isStep('retire'))?.at as number;
      return replace(isStep('retire'), {}).map((line) =>
        isStep('retire')(line) && line.at === first ? { ...line, at: first - 27 * MINUTE } : line,
      );
    },
  ],
  [
    'I2',
    'a key signs that was published only then',
    () => replace((line) => isStep('publish')(line) && line.documentVersion === 2, { at: secondSigns - 1 }),
  ],
  [
    'I2',
    'the second key says that it was in the first document',
    () =>
      replace((line) => isStep('publish')(line) && line.documentVersion === 2, { at: secondSigns - 1 }).map((line) =>
        line.signing === second.signing ? { ...line, leadWaived: 'first-deployment' } : line,
      ),
  ],
  [
    'I2',
    'a key says that a burn had it sign, and there was none',
    () =>
      replace((line) => isStep('publish')(line) && line.documentVersion === 2, { at: secondSigns - 1 }).map((line) =>
        line.signing === second.signing ? { ...line, leadWaived: 'burn' } : line,
      ),
  ],
  [
    'I8',
    'a KMS key is destroyed that is published',
    () => [
      ...lines,
      { ...lines.findLast(isStep('activate')), step: 'destroy', kid: lines.findLast(isStep('activate'))?.signing },
    ],
  ],
  [
    'I5',
    'the version falls',
    () => replace((line) => isStep('publish')(line) && line.documentVersion === 3, { documentVersion: 1 }),
  ],
  [
    'I11',
    'a token outlives what its key recorded',
    () => replace((line) => line.event === 'token', { exp: 4_000_000_000 }),
  ],
  [
    'I11',
    'an old key goes on signing',
    () => {
      const [first] = lines.filter(({ event }) => event === 'token');
      const last = lines.findLast(({ event }) => event === 'token');
      return [...lines, { ...last, kid: first?.kid }];
    },
  ],
])('%s: %s', (invariant, _, change) => {
  expect(judge(change())[invariant]).toBe('violated');
});

describe('what leaves no line is undecided', () => {
  test('a publication whose invalidation failed', async () => {
    let failed = 0;
    const { world, lines } = await hours({
      2: (own) => {
        own.intercept = ({ name, phase }) => {
          if (name === 'publisher.invalidate' && phase === 'before' && failed++ === 0) throw new Error('told to');
        };
        return own.rotateNow();
      },
    });
    expect(failed).toBeGreaterThan(0);
    expect(violatedBy(world.trace, world.policy)).toEqual([]);
    expect(violated(judge(lines))).toEqual([]);
  });

  test('a publication of which no line tells', () => {
    const without = lines.filter((line) => !(isStep('publish')(line) && line.documentVersion === 2));
    expect(judge(without)).toMatchObject({ I1: 'undecided', I2: 'undecided' });
  });

  test('what a key was that a line has destroyed', () => {
    const [destroy] = lines.filter(isStep('destroy'));
    expect(judge([{ ...destroy, kid: 'nobody', kids: [] }]).I8).toBe('undecided');
  });

  test('what the table said between a restore and recover', async () => {
    const { world, lines } = await hours({
      15: async (own) => own.keyrings.restore(own.now - 45 * MINUTE),
      16: (own) => recoverAndTell(own),
    });
    expect(violatedBy(world.trace, world.policy)).toEqual([]);
    expect(violated(judge(lines))).toEqual([]);
    expect(judge(lines)).toMatchObject({ I1: 'undecided', I3: 'undecided', I11: 'undecided' });
  });

  test('the end that a key recorded', async () => {
    const { world, lines } = await hours({}, 20, { ...WINDOWS, cryptoperiod: '62m' });
    expect(judge(lines, world.policy).I11).toBe('undecided');
  });

  test('whether there was a standby: months of a default policy', async () => {
    const world = new World({ verifiers: ['http-api'] }, 'months');
    await world.pass(100 * 24 * 60 * MINUTE);
    expect(judge(world.log as unknown as Line[], world.policy).I9).toBe('undecided');
  });
});

/** With the line that `recover` leaves when it has saved. */
async function recoverAndTell(own: World): Promise<void> {
  const ports = own.rotatorPorts;
  let isTold = false;
  const save: typeof ports.store.save = async (keyring, expected) => {
    const revision = await ports.store.save(keyring, expected);
    const line = { event: 'step', ...standing(keyring, revision, own.now), step: 'recover', why: 'told to' } as const;
    if (!isTold) own.log.push(line);
    isTold = true;
    return revision;
  };
  await recover({ ...ports, store: { load: () => ports.store.load(), save } }, own.policy);
}

test('lines as CloudWatch wraps them, and lines of others', () => {
  const wrapped = lines.map((line) => JSON.stringify({ timestamp: 1, message: JSON.stringify(line) }));
  const others = [
    'START RequestId',
    '{"event":"token","issuer":"https://other.example","kid":"x","iat":1,"exp":2}',
    '[]',
  ];
  const found = verdicts(evidenceOfLog([...others, ...wrapped], world.policy));
  expect(found.filter(({ verdict }) => verdict === 'violated')).toEqual([]);
  expect(found.find(({ invariant }) => invariant === 'I1')?.checked).toBe(40);
});
