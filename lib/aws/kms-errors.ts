/** KMS's refusals in our words. Told apart by name: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html#API_Sign_Errors */
import { KeyturnError } from '../core/errors.ts';

/** The key itself cannot be used: another call with it fails the same way. */
const KEY_UNUSABLE: Record<string, string> = {
  DisabledException: 'is disabled',
  KMSInvalidStateException: 'is pending deletion or otherwise unusable',
  NotFoundException: 'does not exist',
  InvalidKeyUsageException: 'is not a signing key of this kind',
};
export const THROTTLED = ['ThrottlingException', 'LimitExceededException', 'TooManyRequestsException'];

/** What a failed use of a key means. The cause stays attached; its message names the key and nothing of the token. */
export function kmsError(error: unknown, keyArn: string): KeyturnError {
  if (error instanceof KeyturnError) return error;
  const name = error instanceof Error ? error.name : '';
  const state = KEY_UNUSABLE[name];
  if (state) {
    return new KeyturnError('key_unusable', `KMS key ${keyArn} ${state}`, { cause: error, retryAfterSeconds: 5 });
  }
  if (THROTTLED.includes(name)) {
    return new KeyturnError('throttled', 'KMS is throttling this account', { cause: error, retryAfterSeconds: 1 });
  }
  return new KeyturnError('kms_unavailable', `KMS could not be asked (${name || 'unknown error'})`, {
    cause: error,
    retryAfterSeconds: 5,
  });
}
