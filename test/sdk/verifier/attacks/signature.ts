/**
 * Signatures that are none. CVE-2022-21449 (ECDSA with r = s = 0), CVE-2025-65945; RFC 7518 §3.4: r‖s, each of full
 * width; RFC 8032 §5.1.7: s below the order of the group.
 */

import { sign } from 'node:crypto';
import { base64url, by, bytes, CLAIMS, EC, ED, forge, HEADER, MALLORY_EC, MALLORY_RSA, RSA } from '../forge.ts';
import { type Attack, each } from './attack.ts';

const bigint = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const octets = (value: bigint, length: number) => Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const rs = (r: bigint, s: bigint) => () => Buffer.concat([octets(r, 32), octets(s, 32)]);
const ec = (signature: (input: string) => Uint8Array) =>
  forge({ ...HEADER, alg: 'ES256', kid: EC.kid }, CLAIMS, signature);
const ed = (signature: (input: string) => Uint8Array) =>
  forge({ ...HEADER, alg: 'EdDSA', kid: ED.kid }, CLAIMS, signature);
const rsa = (signature: (input: string) => Uint8Array) => forge(HEADER, CLAIMS, signature);
const changed = (signature: (input: string) => Uint8Array, change: (made: Buffer) => Uint8Array) => (input: string) =>
  change(Buffer.from(signature(input)));

const TRUE = rsa(by(RSA));
const [HEAD, , SIGNATURE] = TRUE.split('.');
const modulus = bigint(Buffer.from(String(RSA.jwk.n), 'base64url'));

export const SIGNATURES: readonly Attack[] = each(
  { code: 'signature_invalid' },
  {
    'by the key of somebody else': rsa(by(MALLORY_RSA)),
    'of other claims': `${HEAD}.${base64url({ ...CLAIMS, sub: 'admin' })}.${SIGNATURE}`,
    'of another header': `${base64url({ ...HEADER, typ: 'at+jwt' })}.${base64url(CLAIMS)}.${SIGNATURE}`,
    'RSA: zeros': rsa(bytes(256)),
    'RSA: one': rsa(() => octets(1n, 256)),
    'RSA: ones': rsa(bytes(256, 255)),
    'RSA: one byte': rsa(bytes(1)),
    'RSA: 255 of its bytes': rsa(changed(by(RSA), (made) => made.subarray(0, 255))),
    'RSA: a byte more': rsa(changed(by(RSA), (made) => Buffer.concat([made, Buffer.alloc(1)]))),
    'RSA: a zero before it': rsa(changed(by(RSA), (made) => Buffer.concat([Buffer.alloc(1), made]))),
    'RSA: the modulus added': rsa(changed(by(RSA), (made) => octets(bigint(made) + modulus, 257))),
    'RSA: subtracted from the modulus': rsa(changed(by(RSA), (made) => octets(modulus - bigint(made), 256))),
    'ECDSA: by the key of somebody else': ec(by(MALLORY_EC)),
    'ECDSA: r = s = 0': ec(bytes(64)),
    'ECDSA: r = 0': ec(rs(0n, 1n)),
    'ECDSA: s = 0': ec(rs(1n, 0n)),
    'ECDSA: r = s = 1': ec(rs(1n, 1n)),
    'ECDSA: r = s = n': ec(rs(P256_ORDER, P256_ORDER)),
    'ECDSA: r = n': ec(rs(P256_ORDER, 1n)),
    'ECDSA: s = n': ec(rs(1n, P256_ORDER)),
    'ECDSA: r = n + 1, s = 1': ec(rs(P256_ORDER + 1n, 1n)),
    'ECDSA: ones': ec(bytes(64, 255)),
    'ECDSA: r and s exchanged': ec(changed(by(EC), (made) => Buffer.concat([made.subarray(32), made.subarray(0, 32)]))),
    'ECDSA: s of the negative r': ec(
      changed(by(EC), (made) =>
        Buffer.concat([octets(P256_ORDER - bigint(made.subarray(0, 32)), 32), made.subarray(32)]),
      ),
    ),
    'ECDSA: DER': ec((input) => sign('sha256', Buffer.from(input), EC.privateKey)),
    'ECDSA: DER of r = s = 0': ec(() => Buffer.from('3006020100020100', 'hex')),
    'ECDSA: 63 bytes': ec(changed(by(EC), (made) => made.subarray(0, 63))),
    'ECDSA: 65 bytes': ec(changed(by(EC), (made) => Buffer.concat([made, Buffer.alloc(1)]))),
    'ECDSA: each half padded to 48 bytes': ec(
      changed(by(EC), (made) =>
        Buffer.concat([Buffer.alloc(16), made.subarray(0, 32), Buffer.alloc(16), made.subarray(32)]),
      ),
    ),
    'Ed25519: zeros': ed(bytes(64)),
    'Ed25519: the neutral element and s = 0': ed(() => Buffer.concat([Buffer.of(1), Buffer.alloc(63)])),
    'Ed25519: s + L': ed(
      changed(by(ED), (made) => {
        const s = bigint(Buffer.from(made.subarray(32)).reverse()) + ED25519_ORDER;
        return Buffer.concat([made.subarray(0, 32), Buffer.from(octets(s, 32)).reverse()]);
      }),
    ),
    'Ed25519: 63 bytes': ed(changed(by(ED), (made) => made.subarray(0, 63))),
  },
);
