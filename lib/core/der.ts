/**
 * ECDSA signatures: from the DER that KMS answers with to the r‖s that JOSE wants (RFC 7518 §3.4). The parser accepts
 * what X.690 §10.1 (DER) allows and nothing else: whatever it lets through has exactly one spelling.
 */
import { ALGORITHMS } from './algorithms.ts';
import { KeyturnError } from './errors.ts';

export type EcdsaAlgorithm = 'ES256' | 'ES384' | 'ES512';

/** The order n of each curve's group, big-endian and of the coordinates' width (SP 800-186 §3.2.1). */
const ORDERS = {
  ES256: Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex'),
  ES384: Buffer.from(
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    'hex',
  ),
  ES512: Buffer.from(`01ff${'f'.repeat(62)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`, 'hex'),
} as const satisfies Record<EcdsaAlgorithm, Buffer>;

const SEQUENCE = 0x30;
const INTEGER = 0x02;

const refuse = (fault: string): never => {
  throw new KeyturnError('kms_answer_wrong', `an ECDSA signature of kms must be DER (RFC 3279 §2.2.3): ${fault}`);
};

/** Where the content of a value lies. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** The value with this tag at `offset`, of definite length in the shortest form (X.690 §8.1.3, §10.1). */
function readSpan(der: Uint8Array, offset: number, limit: number, tag: number, what: string): Span {
  if (offset + 2 > limit) return refuse(`${what} must have a tag and a length, got ${limit - offset} bytes`);
  if (der[offset] !== tag) return refuse(`${what} must have tag ${tag}, got ${der[offset]}`);
  let start = offset + 2;
  let length = der[offset + 1] ?? 0;
  if (length === 0x81) {
    // The only long form that a signature on these curves can need: P-521's are 139 bytes at most.
    length = der[start] ?? 0;
    start += 1;
    if (length < 128) return refuse(`the length of ${what} must be in its shortest form`);
  } else if (length >= 128) {
    return refuse(`the length of ${what} must be definite and at most 255, got the form ${length}`);
  }
  const end = start + length;
  if (end > limit) return refuse(`${what} must end within ${limit} bytes, got an end at ${end}`);
  return { start, end };
}

/** Copies the INTEGER in `span` to `target`, left-padded with zeros (RFC 7518 §3.4 step 2). */
function copyInteger(der: Uint8Array, span: Span, target: Uint8Array, order: Uint8Array, what: string): void {
  let { start } = span;
  const { end } = span;
  const first = der[start] ?? 0;
  if (start === end) refuse(`${what} must not be empty`);
  if (first >= 128) refuse(`${what} must not be negative`);
  if (first === 0) {
    // FIPS 186-5 §6.4.2: 1 ≤ r, s < n.
    if (end - start === 1) refuse(`${what} must not be zero`);
    // X.690 §8.3.2: a leading zero octet is there only to keep the next one from being read as a sign.
    if ((der[start + 1] ?? 0) < 128) refuse(`${what} must not have a superfluous leading zero`);
    start += 1;
  }
  const length = end - start;
  if (length > target.length) refuse(`${what} must have at most ${target.length} bytes, got ${length}`);
  target.set(der.subarray(start, end), target.length - length);
  if (Buffer.compare(target, order) >= 0) refuse(`${what} must be less than the order of the group`);
}

/**
 * @returns r‖s, each as wide as a coordinate
 * @throws KeyturnError `kms_answer_wrong`
 */
export function ecdsaDerToJose(der: Uint8Array, algorithm: EcdsaAlgorithm): Uint8Array {
  const { signatureBytes, coordinateBytes } = ALGORITHMS[algorithm];
  const order = ORDERS[algorithm];
  const sequence = readSpan(der, 0, der.length, SEQUENCE, 'the sequence');
  if (sequence.end !== der.length) return refuse(`${der.length - sequence.end} bytes follow the sequence`);
  const r = readSpan(der, sequence.start, sequence.end, INTEGER, 'r');
  const s = readSpan(der, r.end, sequence.end, INTEGER, 's');
  if (s.end !== sequence.end) return refuse(`${sequence.end - s.end} bytes follow s`);
  const jose = new Uint8Array(signatureBytes);
  copyInteger(der, r, jose.subarray(0, coordinateBytes), order, 'r');
  copyInteger(der, s, jose.subarray(coordinateBytes), order, 's');
  return jose;
}
