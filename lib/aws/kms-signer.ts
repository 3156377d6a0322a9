/** The Signer port on KMS: one call a signature, and an answer that is believed only as far as it can be checked. */
import { createHash } from 'node:crypto';
import { type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { type Algorithm, facts } from '../core/algorithms.ts';
import { ecdsaDerToJose } from '../core/der.ts';
import { KeyturnError } from '../core/errors.ts';
import type { Signer, SigningKey } from '../core/ports.ts';
import { kmsError, THROTTLED } from './kms-errors.ts';
import { KMS_NAMES } from './kms-names.ts';

export class KmsSigner implements Signer {
  readonly #kms: KMSClient;

  constructor(kms: KMSClient) {
    this.#kms = kms;
    // Once and no more: a retry would ask a throttled Region twice as often, and keep the environment busy for half a
    // second in which it could sign. The caller is told when to come again. What the SDK does not know it does not repeat.
    kms.middlewareStack.add(
      (next) => (args) =>
        next(args).catch((error: Error) => {
          throw THROTTLED.includes(error.name) ? kmsError(error, '') : error;
        }),
      { step: 'deserialize', priority: 'high' },
    );
  }

  async sign({ keyArn, algorithm }: SigningKey, message: Uint8Array): Promise<Uint8Array> {
    const { signingAlgorithm, messageType } = KMS_NAMES[algorithm];
    const { digest } = facts(algorithm);
    const command = new SignCommand({
      KeyId: keyArn,
      SigningAlgorithm: signingAlgorithm,
      MessageType: messageType,
      Message: digest === 'none' ? message : createHash(digest).update(message).digest(),
    });
    const answer = await this.#kms.send(command).catch((error: unknown) => {
      throw kmsError(error, keyArn);
    });
    if (answer.KeyId !== keyArn || answer.SigningAlgorithm !== signingAlgorithm || !answer.Signature) {
      throw new KeyturnError(
        'kms_answer_wrong',
        `KMS must sign with ${keyArn} and ${signingAlgorithm}, it used ${answer.KeyId} and ${answer.SigningAlgorithm}`,
      );
    }
    return joseSignature(answer.Signature, algorithm);
  }
}

function joseSignature(signature: Uint8Array, algorithm: Algorithm): Uint8Array {
  if (algorithm === 'ES256' || algorithm === 'ES384' || algorithm === 'ES512') {
    return ecdsaDerToJose(signature, algorithm);
  }
  const { signatureBytes } = facts(algorithm);
  if (signature.length === signatureBytes) return signature;
  throw new KeyturnError(
    'kms_answer_wrong',
    `a signature of ${algorithm} must have ${signatureBytes} bytes, KMS sent ${signature.length}`,
  );
}
