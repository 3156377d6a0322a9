import { KeyturnError } from '../../lib/core/errors.ts';

/** What `act` is refused with. Fails when it is not refused, or not in our words. */
export function refused(act: () => unknown): KeyturnError {
  try {
    act();
  } catch (error) {
    if (error instanceof KeyturnError) return error;
    throw error;
  }
  throw new Error('expected a refusal, got none');
}

/** The code and the path of a refusal, in one string. */
export function refusal(act: () => unknown): string {
  const { code, path } = refused(act);
  return path === undefined ? code : `${code} ${path}`;
}
