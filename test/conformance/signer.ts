/** What every Signer has to do. */
import { compactVerify, importJWK, type JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES, type Algorithm, facts, MAX_RAW_MESSAGE_BYTES } from '../../lib/core/algorithms.ts';
import type { PublicJwk } from '../../lib/core/jwk.ts';
import type { Signer, SigningKey } from '../../lib/core/ports.ts';
import { type CreateKms, type Lie, makeKey, neverMade } from './kms.ts';
import { expectRefusal } from './refusal.ts';

const MESSAGE = Buffer.from('header.payload');
const base64url = (value: string) => Buffer.from(value).toString('base64url');

/** Signs as the signer does and verifies as a stranger would. */
async function roundTrip(signer: Signer, key: SigningKey, jwk: PublicJwk, payload: string): Promise<void> {
  const { algorithm } = key;
  const input = `${base64url(JSON.stringify({ alg: algorithm, kid: jwk.kid }))}.${base64url(payload)}`;
  const signature = await signer.sign(key, Buffer.from(input, 'ascii'));
  expect(signature.length).toBe(facts(algorithm).signatureBytes);
  const token = `${input}.${Buffer.from(signature).toString('base64url')}`;
  const verified = await compactVerify(token, await importJWK(jwk as unknown as JWK, algorithm), {
    algorithms: [algorithm],
  });
  expect(new TextDecoder().decode(verified.payload)).toBe(payload);
  // Not just any key of this kind, and not just any message.
  await expect(
    compactVerify(token.replace('.', '.e30'), await importJWK(jwk as unknown as JWK, algorithm)),
  ).rejects.toMatchObject({ code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
}

export function signer(name: string, create: CreateKms): void {
  describe(`${name}: signer`, () => {
    test.for(ALGORITHM_NAMES)('%s verifies with jose under the published key', async (algorithm) => {
      const { keys, signer } = await create();
      const key = await makeKey(keys, algorithm);
      const jwk = await keys.publicKey(key);
      expect(jwk.alg).toBe(algorithm);
      // ECDSA's integers are shorter than their field now and then (RFC 7518 §3.4): a few messages, not one.
      for (const payload of ['{}', '{"sub":"svc:checkout"}', 'é\u{1F511}']) await roundTrip(signer, key, jwk, payload);
    });

    test('signs more than KMS takes in one message, where the digest is made here', async () => {
      const { keys, signer } = await create();
      const key = await makeKey(keys, 'ES256');
      await roundTrip(signer, key, await keys.publicKey(key), 'x'.repeat(100_000));
    });

    test('signs as much as KMS takes, where the message is sent whole', async () => {
      const { keys, signer } = await create();
      const key = await makeKey(keys, 'EdDSA');
      expect(await signer.sign(key, Buffer.alloc(MAX_RAW_MESSAGE_BYTES, 'a'))).toHaveLength(64);
    });

    test.for<[Algorithm, Algorithm]>([
      ['ES256', 'ES384'],
      ['RS256', 'ES256'],
      ['ES256', 'PS256'],
      ['EdDSA', 'ML-DSA-44'],
      ['ML-DSA-44', 'EdDSA'],
    ])('a key for %s does not sign as %s', async ([made, asked]) => {
      const { keys, signer } = await create();
      const { keyArn } = await makeKey(keys, made);
      await expectRefusal(signer.sign({ keyArn, algorithm: asked }, MESSAGE), 'key_unusable', 'kms_answer_wrong');
    });

    test('a key that is disabled, pending deletion or gone is unusable, and the error names it', async () => {
      const { keys, signer } = await create();
      const [disabled, pending] = [await makeKey(keys), await makeKey(keys)];
      await keys.disable(disabled.keyArn);
      await keys.destroy(pending.keyArn, 7);
      for (const key of [disabled, pending, await neverMade(keys)]) {
        const refusal = await expectRefusal(signer.sign(key, MESSAGE), 'key_unusable');
        expect(refusal.message).toContain(key.keyArn);
        expect(refusal.message).not.toContain(MESSAGE.toString());
      }
    });
  });

  describe(`${name}: a signature that cannot be had`, () => {
    test.for([
      ['throttled', 'throttled'],
      ['dropped', 'kms_unavailable'],
      ['answer lost', 'kms_unavailable'],
    ] as const)('%s, at every attempt: %s', async ([fault, code], { skip }) => {
      const { keys, signer, connection } = await create();
      if (!connection) return skip('nothing is between the caller and KMS');
      const key = await makeKey(keys);
      connection.fault('sign', fault, 10);
      const refusal = await expectRefusal(signer.sign(key, MESSAGE), code);
      expect(refusal.retryAfterSeconds).toBeGreaterThan(0);
      expect(refusal.cause).toBeInstanceOf(Error);
    });

    test('throttled: told at once, for a second request would only be another one too many', async ({ skip }) => {
      const { keys, signer, connection } = await create();
      if (!connection) return skip('nothing is between the caller and KMS');
      const key = await makeKey(keys);
      connection.fault('sign', 'throttled');
      await expectRefusal(signer.sign(key, MESSAGE), 'throttled');
      expect(connection.calls('sign')).toBe(1);
      // The next caller is not refused for it.
      expect(await signer.sign(key, MESSAGE)).toHaveLength(facts(key.algorithm).signatureBytes);
    });

    test.for(['dropped', 'answer lost'] as const)('%s once: it is asked again', async (fault, { skip }) => {
      const { keys, signer, connection } = await create();
      if (!connection) return skip('nothing is between the caller and KMS');
      const key = await makeKey(keys);
      connection.fault('sign', fault);
      await roundTrip(signer, key, await keys.publicKey(key), '{}');
      expect(connection.calls('sign')).toBe(2);
    });

    test('nobody listens: kms_unavailable', async ({ skip }) => {
      const { keys, connection } = await create();
      if (!connection) return skip('nothing is between the caller and KMS');
      await expectRefusal(connection.unreachable.sign(await makeKey(keys), MESSAGE), 'kms_unavailable');
    });

    test.for<[Lie, Algorithm]>([
      ['another key', 'ES256'],
      ['another algorithm', 'ES256'],
      ['nothing', 'ES256'],
      ['a short signature', 'ES256'],
      ['a short signature', 'RS256'],
      ['a short signature', 'EdDSA'],
    ])('KMS answers with %s (%s): kms_answer_wrong', async ([lie, algorithm], { skip }) => {
      const { keys, signer, connection } = await create();
      if (!connection) return skip('nothing is between the caller and KMS');
      const key = await makeKey(keys, algorithm);
      connection.lie('sign', lie);
      await expectRefusal(signer.sign(key, MESSAGE), 'kms_answer_wrong');
    });
  });
}
