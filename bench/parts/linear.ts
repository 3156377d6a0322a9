/**
 * Ten times as many keys take ten times as long, to decide what is due and to render what is served. What `plan` foresees takes
 * as many decisions as it has steps, each over all keys, and keys that leave are steps: that row shows what that comes to, and
 * has no goal.
 */
import { parsePolicy } from '../../lib/core/config.ts';
import { renderDocuments } from '../../lib/core/discovery.ts';
import { activeKey, type GraceKey, type Keyring } from '../../lib/core/keyring.ts';
import { nextStep } from '../../lib/core/lifecycle.ts';
import { foresee, seenOf } from '../../lib/core/outlook.ts';
import { startAwsStub } from '../aws-stub.ts';
import { interleave, median, noiseOf, ratio } from '../interleave.ts';
import type { Part, Row } from '../row.ts';

const FEW = 40;
const MANY = 10 * FEW;
const ROUNDS = 140;
/** So that each measurement has as much to do. */
const BATCH = 200;
const FORESEEN_ROUNDS = 7;
const YEAR = 365 * 86400;

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const stub = await startAwsStub();
  stub.close();
  const policy = parsePolicy({ issuer: stub.keyring.issuer });
  const now = Date.now() / 1000;
  const prepare = (count: number) => {
    const keyring = withGraceKeys(stub.keyring, count, now);
    const seen = seenOf(keyring, policy);
    return {
      render: () => renderDocuments(keyring, policy),
      decide: () => nextStep(keyring, seen, policy, now),
      foresee: () => foresee(keyring, policy, now, now + YEAR),
    };
  };
  const [few, many] = [prepare(FEW), prepare(MANY)];
  const candidates = {
    'render few': () => repeat(BATCH, few.render),
    'render few again': () => repeat(BATCH, few.render),
    'render many': () => repeat(BATCH / 10, many.render),
    'decide few': () => repeat(BATCH, few.decide),
    'decide many': () => repeat(BATCH / 10, many.decide),
  };
  type Name = keyof typeof candidates;
  /** Microseconds of CPU for as many keys. */
  const measure = (name: Name): number => cpuOf(candidates[name]);
  const names = Object.keys(candidates) as Name[];
  await interleave(names, 20, measure);
  const samples = await interleave(names, ROUNDS, measure, (round, rounds) => onProgress(round / rounds));
  const foreseen = {
    few: () => repeat(10, few.foresee),
    many: () => repeat(1, many.foresee),
  };
  const ahead = await interleave(['few', 'many'], FORESEEN_ROUNDS, (name) => cpuOf(foreseen[name]));
  const again = ratio(samples, 'render few again', 'render few');
  const row = (what: string, verb: 'render' | 'decide'): Row => ({
    what: `${what}, a key among ${MANY} against one among ${FEW}`,
    ...{ ...ratio(samples, `${verb} many`, `${verb} few`), unit: 'x', goal: 1.3, noise: noiseOf(again) },
    note: `${(median(samples[`${verb} many`]) / (BATCH / 10) / MANY).toFixed(2)} µs a key`,
  });
  return [
    row('rendering', 'render'),
    row('deciding', 'decide'),
    {
      what: `foreseeing a year, a key among ${MANY} against one among ${FEW}`,
      ...{ ...ratio(ahead, 'many', 'few'), unit: 'x' },
      note: `${(median(ahead.many) / MANY).toFixed(0)} µs a key`,
    },
    { what: 'rendering against itself', ...again, unit: 'x', note: 'the noise' },
  ];
}

/** Microseconds. */
function cpuOf(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

function repeat(times: number, work: () => unknown): void {
  for (let count = 0; count < times; count++) work();
}

/** Far more than an issuer may have. */
function withGraceKeys(keyring: Keyring, count: number, now: number): Keyring {
  const active = activeKey(keyring);
  if (!active) throw new Error('the issuer must have an active key');
  const old = Array.from({ length: count }, (_, index): GraceKey => {
    const { notAfter: _notAfter, leadWaived: _leadWaived, ...key } = active;
    const kid = `${String(index).padStart(4, '0')}${key.kid.slice(4)}`;
    const jwk = { ...key.jwk, kid };
    return { ...key, kid, jwk, keyArn: `${key.keyArn}${index}`, state: 'grace', endedAt: Math.floor(now) };
  });
  return { ...keyring, keys: [...keyring.keys, ...old] };
}

export const linear: Part = { name: 'linear', title: 'many keys', run };
