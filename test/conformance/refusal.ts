import { expect } from 'vitest';
import { type ErrorCode, KeyturnError } from '../../lib/core/errors.ts';

/** What a port refuses with: an error of ours with this code, whose message holds nothing secret by the way it is made. */
export async function expectRefusal(promise: Promise<unknown>, ...codes: ErrorCode[]): Promise<KeyturnError> {
  const error: unknown = await promise.then(
    (value) => expect.unreachable(`must refuse with ${codes.join(' or ')}, it answered ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyturnError);
  expect(codes).toContain((error as KeyturnError).code);
  return error as KeyturnError;
}

/** Of those who want the same thing at once, one gets it and every other is refused with this code. */
export async function expectOneWinner<T>(attempts: Promise<T>[], code: ErrorCode): Promise<number> {
  const outcomes = await Promise.allSettled(attempts);
  const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(winners).toHaveLength(1);
  for (const reason of refusals) expect(reason).toMatchObject({ code });
  return winners[0] ?? -1;
}
