import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ecdsaDerToJose } from '../../lib/core/der.ts';
import { isKeyturnError } from '../../lib/core/errors.ts';
import { refused } from './refused.ts';

// noble is the other opinion: its orders and its DER encoder, not ours.
const CURVES = [
  { algorithm: 'ES256', noble: p256, namedCurve: 'P-256', width: 32, digest: 'sha256' },
  { algorithm: 'ES384', noble: p384, namedCurve: 'P-384', width: 48, digest: 'sha384' },
  { algorithm: 'ES512', noble: p521, namedCurve: 'P-521', width: 66, digest: 'sha512' },
] as const;
type Curve = (typeof CURVES)[number];

const order = ({ noble }: Curve) => noble.Point.Fn.ORDER;
const encode = ({ noble }: Curve, r: bigint, s: bigint) => new noble.Signature(r, s).toBytes('der');
const hex = (value: bigint, width: number) => value.toString(16).padStart(width * 2, '0');
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** Of every magnitude: a uniform one would hardly ever have a leading zero. */
const scalar = (curve: Curve) =>
  fc
    .integer({ min: 1, max: curve.width * 8 })
    .chain((bits) => fc.bigInt({ min: 1n, max: 2n ** BigInt(bits) - 1n }))
    .filter((value) => value < order(curve));

describe.each(CURVES)('$algorithm', (curve) => {
  const { algorithm, namedCurve, width, digest } = curve;

  test('what OpenSSL signs in DER verifies as r‖s', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
    fc.assert(
      fc.property(fc.uint8Array(), (message) => {
        const signature = ecdsaDerToJose(sign(digest, message, privateKey), algorithm);
        expect(verify(digest, message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('every r and s comes out at full width', () => {
    fc.assert(
      fc.property(scalar(curve), scalar(curve), (r, s) => {
        expect(toHex(ecdsaDerToJose(encode(curve, r, s), algorithm))).toBe(hex(r, width) + hex(s, width));
      }),
      { numRuns: 1000 },
    );
  });

  test('the smallest and the largest', () => {
    const last = order(curve) - 1n;
    for (const [r, s] of [
      [1n, 1n],
      [127n, 128n],
      [128n, 127n],
      [255n, 256n],
      [last, last],
    ] as const) {
      expect(toHex(ecdsaDerToJose(encode(curve, r, s), algorithm))).toBe(hex(r, width) + hex(s, width));
    }
  });

  test('whatever is accepted has exactly one spelling', () => {
    const edit = fc.record({
      at: fc.nat(140),
      drop: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(scalar(curve), scalar(curve), edit, (r, s, { at, drop, insert }) => {
        const bytes = [...encode(curve, r, s)];
        bytes.splice(at % bytes.length, drop, ...insert);
        const der = Uint8Array.from(bytes);
        try {
          const jose = toHex(ecdsaDerToJose(der, algorithm));
          const [r2, s2] = [BigInt(`0x${jose.slice(0, width * 2)}`), BigInt(`0x${jose.slice(width * 2)}`)];
          expect(toHex(encode(curve, r2, s2))).toBe(toHex(der));
        } catch (error) {
          if (!isKeyturnError(error, 'kms_answer_wrong')) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('r or s of zero, of the order, above it and too wide are refused', () => {
    const n = order(curve);
    for (const wrong of [0n, n, n + 1n, 2n ** BigInt(width * 8) - 1n, 2n ** BigInt(width * 8)]) {
      const bytes = integer(wrong);
      expect(refused(() => ecdsaDerToJose(sequence(bytes, integer(1n)), algorithm)).code).toBe('kms_answer_wrong');
      expect(refused(() => ecdsaDerToJose(sequence(integer(1n), bytes), algorithm)).code).toBe('kms_answer_wrong');
    }
  });
});

/** DER by hand, so that it can be got wrong. */
function tlv(tag: number, content: number[]): number[] {
  return content.length < 128 ? [tag, content.length, ...content] : [tag, 0x81, content.length, ...content];
}
function integer(value: bigint): number[] {
  const digits = value.toString(16);
  const bytes = [...Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')];
  return tlv(0x02, (bytes[0] ?? 0) < 128 ? bytes : [0, ...bytes]);
}
function sequence(...parts: number[][]): Uint8Array {
  return Uint8Array.from(tlv(0x30, parts.flat()));
}

const ONE = integer(1n);
const long = Array.from({ length: 131 }, () => 1);
test.each<[string, Iterable<number>, RegExp]>([
  ['empty', [], /the sequence must have a tag and a length, got 0 bytes/],
  ['a tag alone', [0x30], /got 1 bytes/],
  ['an empty sequence', [0x30, 0], /r must have a tag and a length, got 0 bytes/],
  ['a set', [0x31, 6, ...ONE, ...ONE], /the sequence must have tag 48, got 49/],
  ['a sequence of one', sequence(ONE), /s must have a tag and a length/],
  ['a sequence of three', sequence(ONE, ONE, ONE), /3 bytes follow s/],
  ['a null after s', sequence(ONE, ONE, [5, 0]), /2 bytes follow s/],
  ['a byte after the sequence', [...sequence(ONE, ONE), 0], /1 bytes follow the sequence/],
  ['a sequence that is cut', [...sequence(ONE, ONE)].slice(0, -1), /must end within 7 bytes, got an end at 8/],
  ['an r that runs into s', sequence([2, 200, 1], ONE), /the length of r must be definite/],
  ['an r beyond the sequence', sequence([2, 5, 1], [2, 1]), /r must end within 7 bytes, got an end at 9/],
  ['an s beyond its sequence', [0x30, 6, 2, 1, 1, 2, 2, 1], /s must end within 8 bytes, got an end at 9/],
  ['an octet string for r', sequence([4, 1, 1], ONE), /r must have tag 2, got 4/],
  ['a bit string for s', sequence(ONE, [3, 1, 1]), /s must have tag 2, got 3/],
  ['an empty r', sequence([2, 0], ONE), /r must not be empty/],
  ['an empty s', sequence(ONE, [2, 0]), /s must not be empty/],
  ['a negative r', sequence([2, 1, 0x80], ONE), /r must not be negative/],
  ['a negative s', sequence(ONE, [2, 1, 0xff]), /s must not be negative/],
  ['a zero r', sequence([2, 1, 0], ONE), /r must not be zero/],
  ['a zero s', sequence(ONE, [2, 1, 0]), /s must not be zero/],
  ['a zero of two bytes', sequence([2, 2, 0, 0], ONE), /r must not have a superfluous leading zero/],
  ['a leading zero before 1', sequence([2, 2, 0, 1], ONE), /r must not have a superfluous leading zero/],
  ['a leading zero before 127', sequence(ONE, [2, 2, 0, 127]), /s must not have a superfluous leading zero/],
  ['two leading zeros before 128', sequence([2, 3, 0, 0, 128], ONE), /r must not have a superfluous leading zero/],
  ['the indefinite form', [0x30, 0x80, ...ONE, ...ONE, 0, 0], /the length of the sequence must be definite/],
  ['a short length in the long form', [0x30, 0x81, 6, ...ONE, ...ONE], /must be in its shortest form/],
  ['a length in two bytes', [0x30, 0x82, 0, 6, ...ONE, ...ONE], /must be definite and at most 255, got the form 130/],
  ['a length in four bytes', [0x30, 0x84, 0, 0, 0, 6, ...ONE, ...ONE], /got the form 132/],
  ['the reserved length', [0x30, 0xff, ...ONE, ...ONE], /got the form 255/],
  ['a long form without its byte', [0x30, 0x81], /must be in its shortest form/],
  ['a long form for r', sequence([2, 0x81, 1, 1], ONE), /the length of r must be in its shortest form/],
  ['an r of 131 bytes', sequence([2, 0x81, 131, ...long], ONE), /r must have at most 32 bytes, got 131/],
  ['the number of the CVE-2022-21449', sequence([2, 1, 0], [2, 1, 0]), /r must not be zero/],
  ['r‖s already', new Uint8Array(64).fill(7), /the sequence must have tag 48, got 7/],
])('%s is refused', (_name, bytes, message) => {
  const error = refused(() => ecdsaDerToJose(Uint8Array.from(bytes), 'ES256'));
  expect(error.code).toBe('kms_answer_wrong');
  expect(error.message).toMatch(message);
});

test('a signature of another curve is refused when it is too wide', () => {
  const wide = encode(CURVES[2], 2n ** 520n, 1n);
  expect(refused(() => ecdsaDerToJose(wide, 'ES256')).message).toMatch(/at most 32 bytes, got 66/);
  expect(refused(() => ecdsaDerToJose(wide, 'ES384')).message).toMatch(/at most 48 bytes, got 66/);
});

test('a sequence of 127 bytes has a length of one byte', () => {
  const [r, s] = [2n ** 494n, 2n ** 486n];
  const der = encode(CURVES[2], r, s);
  expect(der[1]).toBe(127);
  expect(toHex(ecdsaDerToJose(der, 'ES512'))).toBe(hex(r, 66) + hex(s, 66));
  const long = Uint8Array.from([0x30, 0x81, ...der.subarray(1)]);
  expect(refused(() => ecdsaDerToJose(long, 'ES512')).message).toMatch(/the sequence must be in its shortest form/);
});

test('it reads a view, not what lies around it', () => {
  const der = encode(CURVES[0], 300n, 5n);
  const around = Uint8Array.from([9, 9, ...der, 9]);
  const view = around.subarray(2, 2 + der.length);
  expect(toHex(ecdsaDerToJose(view, 'ES256'))).toBe(hex(300n, 32) + hex(5n, 32));
});
