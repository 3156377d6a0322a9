/**
 * Public keys of Ed25519 that are none. By a point of small order anybody can sign, and RFC 8032 lets it pass: Node 24 refuses
 * what comes of it; Node 22, Workers, Deno and Bun take it.
 */

/** Of the field (RFC 8032 §5.1). */
const P = 2n ** 255n - 19n;
/** y of the points of order eight. */
const OCTIC = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** y of all eight points whose order divides eight: with each stand both signs of x. */
const SMALL = new Set([0n, 1n, P - 1n, OCTIC, P - OCTIC]);

/** Thirty-two bytes in canonical base64url. */
const FORM = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

/** Why `x` is no public key, or undefined. */
export function pointFault(x: unknown): string | undefined {
  if (typeof x !== 'string' || !FORM.test(x)) return 'x must be 32 bytes in base64url';
  const bytes = Array.from(atob(x.replaceAll('-', '+').replaceAll('_', '/')), (byte) => byte.charCodeAt(0));
  const hex = bytes.toReversed().map((byte) => byte.toString(16).padStart(2, '0'));
  // The first bit is the sign of x (§5.1.2).
  const y = BigInt.asUintN(255, BigInt(`0x${hex.join('')}`));
  if (y >= P) return 'x must be a point as RFC 8032 encodes it';
  return SMALL.has(y) ? 'x must not be a point of small order' : undefined;
}
