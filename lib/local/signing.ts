/**
 * The signatures that KMS makes, computed. node:crypto signs messages but, for RSA-PSS and ECDSA, not digests; those
 * are encoded here (RFC 8017 §9.1.1) or signed by @noble/curves.
 */
import { constants, createHash, type KeyObject, privateEncrypt, randomBytes, sign } from 'node:crypto';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { AwsError } from './wire.ts';

type Hash = 'sha256' | 'sha384' | 'sha512';
const DIGEST_BYTES: Record<Hash, number> = { sha256: 32, sha384: 48, sha512: 64 };
const ECDSA: Record<Hash, typeof p256> = { sha256: p256, sha384: p384, sha512: p521 };

/** RFC 8017 §9.2, note 1: the DER of DigestInfo before the digest itself. */
const DIGEST_INFO: Record<Hash, Buffer> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};

/** A private key and whatever of it is worth computing once. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** The secret scalar of an ECDSA key. */
  readonly scalar: Uint8Array | undefined;
}

export const signingKey = (privateKey: KeyObject): SigningKey => ({
  privateKey,
  scalar:
    privateKey.asymmetricKeyType === 'ec'
      ? Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
      : undefined,
});

/** Sign, "MessageType": RAW is hashed by KMS, DIGEST has been hashed by the caller, exactly as the algorithm would. */
export function signature(key: SigningKey, algorithm: string, message: Buffer, messageType: string): Buffer {
  if (algorithm === 'ED25519_SHA_512' || algorithm === 'ML_DSA_SHAKE_256') {
    if (messageType !== 'RAW') {
      const sentence = `${algorithm} takes the message itself: MessageType ${messageType} is not supported.`;
      throw new AwsError(400, 'ValidationException', sentence);
    }
    return sign(null, message, key.privateKey);
  }
  if (messageType === 'EXTERNAL_MU') {
    throw new AwsError(400, 'ValidationException', `MessageType EXTERNAL_MU is not valid for algorithm ${algorithm}.`);
  }
  const hash = `sha${algorithm.slice(-3)}` as Hash;
  const digest = messageType === 'DIGEST' ? message : createHash(hash).update(message).digest();
  if (digest.length !== DIGEST_BYTES[hash]) {
    throw new AwsError(400, 'ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  }
  if (algorithm.startsWith('RSASSA_PKCS1')) {
    const padding = constants.RSA_PKCS1_PADDING;
    return privateEncrypt({ key: key.privateKey, padding }, Buffer.concat([DIGEST_INFO[hash], digest]));
  }
  if (algorithm.startsWith('RSASSA_PSS')) {
    const modulusBits = key.privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
    const padding = constants.RSA_NO_PADDING;
    return privateEncrypt({ key: key.privateKey, padding }, pssEncoded(hash, digest, modulusBits));
  }
  if (key.scalar === undefined) throw new Error(`${algorithm} needs an elliptic curve key`);
  // KMS does not normalise s to the lower half, and its ECDSA signatures are DER (X9.62): SEQUENCE { r, s }.
  return Buffer.from(ECDSA[hash].sign(digest, key.scalar, { prehash: false, lowS: false, format: 'der' }));
}

/** EMSA-PSS-ENCODE, RFC 8017 §9.1.1, from step 2 on, with a salt as long as the digest as RFC 7518 §3.5 has it. */
function pssEncoded(hash: Hash, digest: Buffer, modulusBits: number): Buffer {
  const salt = randomBytes(digest.length);
  const h = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
  // emBits is modBits - 1; every KMS modulus is a multiple of eight bits, so that emLen is the modulus' own length.
  const dataBlock = Buffer.alloc(modulusBits / 8 - h.length - 1);
  dataBlock[dataBlock.length - salt.length - 1] = 1;
  salt.copy(dataBlock, dataBlock.length - salt.length);
  const mask = mgf1(hash, h, dataBlock.length);
  for (const [index, byte] of mask.entries()) dataBlock[index] = (dataBlock[index] ?? 0) ^ byte;
  dataBlock[0] = (dataBlock[0] ?? 0) & 0x7f;
  return Buffer.concat([dataBlock, h, Buffer.of(0xbc)]);
}

/** RFC 8017 §B.2.1. */
function mgf1(hash: Hash, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; blocks.length * seed.length < length; counter++) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    blocks.push(createHash(hash).update(seed).update(count).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
