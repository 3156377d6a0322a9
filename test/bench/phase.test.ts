import { describe, expect, test } from 'vitest';
import type { Answered } from '../../bench/load/offer.ts';
import { phaseOf } from '../../bench/load/phase.ts';

const nothing = { kid: undefined, jti: undefined, token: undefined, retryAfter: null, milliseconds: 15, at: 15 };
const token = (jti: string, more: Partial<Answered> = {}): Answered => ({
  ...{ ...nothing, status: 200, code: undefined, kid: 'k', jti, token: 'a.b.c' },
  ...more,
});
const refusal = (status: number, retryAfter: string | null = '1'): Answered => ({
  ...{ ...nothing, status, code: 'throttled', retryAfter },
});

/** Ten requests in one second, of which `answers` stand in the place of the first tokens. */
function faults(answers: readonly Answered[], more: { mayRefuse?: boolean; signed?: number; throttled?: number } = {}) {
  const { mayRefuse = false, signed = 10, throttled = 0 } = more;
  const others = Array.from({ length: 10 - answers.length }, (_, index) => token(`other ${index}`));
  const offered = { name: 'phase', offered: 10, seconds: 1, p99Milliseconds: 300, mayRefuse };
  return phaseOf({ ...offered, answers: [...answers, ...others], kms: { signed, throttled } }).faults;
}

describe('a phase', () => {
  test('has no fault where all have their token', () => {
    expect(faults([])).toEqual([]);
  });

  test('may refuse where KMS throttles, as often as it does', () => {
    const above = { mayRefuse: true, signed: 8, throttled: 2 };
    expect(faults([refusal(429), refusal(429)], above)).toEqual([]);
    expect(faults([refusal(429), refusal(429)], { ...above, throttled: 0 })).toEqual([
      'phase: KMS throttled 0, and 2 were told so',
    ]);
    expect(faults([refusal(429), refusal(503)], above)).toEqual(['phase: KMS throttled 2, and 1 were told so']);
  });

  test('refuses nobody where there is enough for all', () => {
    const two = [refusal(429), refusal(429)];
    expect(faults(two, { signed: 8, throttled: 2 })).toEqual(['phase: 2 were refused, and there was enough for all']);
    expect(faults([refusal(503)])).toEqual(['phase: 1 were refused, and there was enough for all']);
  });

  test('has no more tokens than signatures', () => {
    expect(faults([], { signed: 9 })).toEqual(['phase: 10 tokens of 9 signatures']);
  });

  const WRONG: [fault: string, answer: Answered, mayRefuse: boolean][] = [
    ['1 neither had a token nor were told to come again', refusal(500), true],
    ['1 were refused without Retry-After', refusal(503, null), true],
    ['a jti came twice', token('other 0'), false],
    ['one token in a hundred took 301 ms, at most 300 are allowed', token('slow', { milliseconds: 301 }), false],
  ];
  test.for(WRONG)('%s', ([fault, answer, mayRefuse]) => {
    expect(faults([answer], { mayRefuse })).toEqual([`phase: ${fault}`]);
  });

  test('a token without jti, one that hung, and one that was never answered', () => {
    expect(faults([token('x', { jti: undefined })])).toEqual(['phase: 10 tokens had 9 jti']);
    expect(faults([{ ...refusal(503), milliseconds: 10_001 }], { mayRefuse: true })).toEqual([
      'phase: 1 waited longer than 10 s',
    ]);
    const offered = { name: 'phase', offered: 2, seconds: 1, p99Milliseconds: 300, mayRefuse: false };
    expect(phaseOf({ ...offered, answers: [token('x')], kms: { signed: 2, throttled: 0 } }).faults).toEqual([
      'phase: 2 were asked for, 1 were answered',
    ]);
  });
});
