/** What KMS calls each algorithm. A new row in lib/core/algorithms.ts does not compile until it has one here. */
import type { KeySpec, MessageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import type { Algorithm } from '../core/algorithms.ts';

export interface KmsNames {
  readonly keySpec: KeySpec;
  readonly signingAlgorithm: SigningAlgorithmSpec;
  readonly messageType: MessageType;
}

const digest = (keySpec: KeySpec, signingAlgorithm: SigningAlgorithmSpec): KmsNames => ({
  keySpec,
  signingAlgorithm,
  // The digest is made here: a payload of any size, and no claim ever leaves the function.
  messageType: 'DIGEST',
});
// These hash the message themselves (https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html).
const raw = (keySpec: KeySpec, signingAlgorithm: SigningAlgorithmSpec): KmsNames => ({
  keySpec,
  signingAlgorithm,
  messageType: 'RAW',
});

export const KMS_NAMES = {
  RS256: digest('RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256'),
  RS384: digest('RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_384'),
  RS512: digest('RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_512'),
  PS256: digest('RSA_2048', 'RSASSA_PSS_SHA_256'),
  PS384: digest('RSA_2048', 'RSASSA_PSS_SHA_384'),
  PS512: digest('RSA_2048', 'RSASSA_PSS_SHA_512'),
  ES256: digest('ECC_NIST_P256', 'ECDSA_SHA_256'),
  ES384: digest('ECC_NIST_P384', 'ECDSA_SHA_384'),
  ES512: digest('ECC_NIST_P521', 'ECDSA_SHA_512'),
  // Never ED25519_PH_SHA_512: the prehashed variant is not the EdDSA of RFC 8037.
  EdDSA: raw('ECC_NIST_EDWARDS25519', 'ED25519_SHA_512'),
  'ML-DSA-44': raw('ML_DSA_44', 'ML_DSA_SHAKE_256'),
  'ML-DSA-65': raw('ML_DSA_65', 'ML_DSA_SHAKE_256'),
  'ML-DSA-87': raw('ML_DSA_87', 'ML_DSA_SHAKE_256'),
} as const satisfies Record<Algorithm, KmsNames>;
