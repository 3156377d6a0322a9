/** Private keys in the test's own process. Nothing of this belongs anywhere else. */
import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { CompactSign } from 'jose';
import { type Algorithm, facts } from '../../core/algorithms.ts';
import { jwkFromSpki, type PublicJwk } from '../../core/jwk.ts';

const generate = promisify(generateKeyPair) as unknown as (
  type: string,
  options: object,
) => Promise<{ readonly privateKey: KeyObject }>;

export interface TestKey {
  readonly jwk: PublicJwk;
  readonly privateKey: KeyObject;
}

export async function makeTestKey(algorithm: Algorithm): Promise<TestKey> {
  const kind = facts(algorithm);
  const { privateKey } =
    kind.kty === 'RSA'
      ? await generate('rsa', { modulusLength: kind.modulusBits })
      : kind.kty === 'EC'
        ? await generate('ec', { namedCurve: kind.crv })
        : await generate(kind.kty === 'OKP' ? 'ed25519' : algorithm.toLowerCase(), {});
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { jwk: jwkFromSpki(spki, algorithm), privateKey };
}

/** Signs whatever it is given: a test wants tokens that no issuer would make. */
export function signWith({ privateKey }: TestKey, header: { alg: string }, payload: object): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  return new CompactSign(bytes).setProtectedHeader(header).sign(privateKey);
}
