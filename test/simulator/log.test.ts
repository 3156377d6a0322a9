/** The checkers on what a deployment logs: the lines of the shipped code, and the same lines with something wrong. */
import { expect, test } from 'vitest';
import { evidenceOfLog } from '../../lib/simulator/evidence-of-log.ts';
import { verdicts } from '../../lib/simulator/invariants.ts';
import { World } from '../../lib/simulator/world.ts';
import { MINUTE, WINDOWS } from './settling.ts';

type Line = Record<string, unknown>;

/** A day of a deployment, as its functions log it: rotations, retirements, and a burn at the end. */
async function day(): Promise<{ world: World; lines: Line[] }> {
  const world = new World(WINDOWS, 'log');
  const lines: Line[] = [];
  const take = () => lines.push(...(world.log.splice(0) as unknown as Line[]));
  const signer = world.signer();
  for (let tick = 0; tick < 40; tick++) {
    if (tick === 35)
      await world.burn({ kids: [world.keyring.keys.find(({ state }) => state === 'active')?.kid ?? ''] });
    else await world.tick();
    take();
    const token = await world.sign(signer, 'a', { expiresIn: 600 });
    const { issuer } = world.policy;
    lines.push({ event: 'token', issuer, kid: token.kid, iat: token.issuedAt, exp: token.expiresAt });
    world.now += 15 * MINUTE;
  }
  return { world, lines };
}

const { world, lines } = await day();
const judge = (changed: readonly Line[]) => {
  const found = verdicts(
    evidenceOfLog(
      changed.map((line) => JSON.stringify(line)),
      world.policy,
    ),
  );
  return Object.fromEntries(found.map(({ invariant, verdict }) => [invariant, verdict]));
};

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
    () => lines.filter((line) => !(isStep('publish')(line) && line.documentVersion === 2)),
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
