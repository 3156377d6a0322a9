import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { JwtVerifier } from 'aws-jwt-verify';
import fc from 'fast-check';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES, type Algorithm, facts } from '../../lib/core/algorithms.ts';
import { ecdsaDerToJose } from '../../lib/core/der.ts';
import { jwkFromSpki } from '../../lib/core/jwk.ts';
import { checkTokenSize, compact, signingInput, tokenBytes } from '../../lib/core/jws.ts';
import { refused } from './refused.ts';

function makePair(algorithm: Algorithm) {
  const fact = facts(algorithm);
  switch (fact.kty) {
    case 'RSA':
      return generateKeyPairSync('rsa', { modulusLength: fact.modulusBits });
    case 'EC':
      return generateKeyPairSync('ec', { namedCurve: fact.crv });
    case 'OKP':
      return generateKeyPairSync('ed25519');
    case 'AKP':
      return generateKeyPairSync(algorithm.toLowerCase() as 'ml-dsa-44');
  }
}
/** A signer that has what KMS has, and answers as KMS does. */
function makeSigner(algorithm: Algorithm) {
  const { publicKey, privateKey } = makePair(algorithm);
  const jwk = jwkFromSpki(publicKey.export({ format: 'der', type: 'spki' }), algorithm);
  return { jwk, sign: (input: string) => toJose(algorithm, Buffer.from(input, 'latin1'), privateKey) };
}
function toJose(algorithm: Algorithm, message: Buffer, key: KeyObject): Uint8Array {
  const { digest } = facts(algorithm);
  if (digest === 'none') return sign(null, message, key);
  if (algorithm.startsWith('PS')) {
    const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    return sign(digest, message, options);
  }
  const signature = sign(digest, message, key);
  if (algorithm === 'ES256' || algorithm === 'ES384' || algorithm === 'ES512')
    return ecdsaDerToJose(signature, algorithm);
  return signature;
}
const SIGNERS = new Map(ALGORITHM_NAMES.map((algorithm) => [algorithm, makeSigner(algorithm)]));
const signerOf = (algorithm: Algorithm) => SIGNERS.get(algorithm) ?? makeSigner(algorithm);

const issuer = 'https://issuer.example/a';
const audience = 'orders-api';
const decode = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
const makeClaims = () => {
  const iat = Math.floor(Date.now() / 1000);
  return { iss: issuer, sub: 'svc:checkout', aud: audience, iat, exp: iat + 300, jti: 'j', name: 'Žofie 🗝 "\\\u2028' };
};

describe.each(ALGORITHM_NAMES)('%s', (algorithm) => {
  const { jwk, sign: signWith } = signerOf(algorithm);
  const claims = makeClaims();
  const input = signingInput({ algorithm, kid: jwk.kid, type: 'JWT' }, claims);
  const token = compact(input, signWith(input));

  test('verifies with jose', async () => {
    const keys = createLocalJWKSet({ keys: [{ ...jwk }] });
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience, algorithms: [algorithm] });
    expect(payload).toEqual(claims);
    expect(protectedHeader).toEqual({ alg: algorithm, kid: jwk.kid, typ: 'JWT' });
  });

  // aws-jwt-verify knows neither PS* nor ML-DSA.
  test.runIf(/^(RS|ES|EdDSA)/.test(algorithm))('verifies with aws-jwt-verify', async () => {
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/jwks.json` });
    verifier.cacheJwks({ keys: [{ ...jwk }] });
    expect(await verifier.verify(token)).toEqual(claims);
  });

  test('a changed payload does not verify', async () => {
    const other = signingInput({ algorithm, kid: jwk.kid, type: 'JWT' }, { ...claims, sub: 'svc:other' });
    const keys = createLocalJWKSet({ keys: [{ ...jwk }] });
    await expect(jwtVerify(compact(other, signWith(input)), keys)).rejects.toThrow('signature verification failed');
  });

  test('has the size that was foretold, in the one alphabet', () => {
    expect(tokenBytes(input, algorithm)).toBe(Buffer.byteLength(token));
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });
});

describe('the header', () => {
  test('is alg, kid, typ and nothing else, in this order', () => {
    const [header] = signingInput({ algorithm: 'ES256', kid: 'k', type: 'at+jwt' }, {}).split('.');
    expect(Buffer.from(header ?? '', 'base64url').toString()).toBe('{"alg":"ES256","kid":"k","typ":"at+jwt"}');
  });

  test('is never one of another key, kind or algorithm, however many there are', () => {
    const types = fc.constantFrom('JWT', 'at+jwt', 'keyturn-canary+jwt');
    const kid = fc.constantFrom(...Array.from({ length: 100 }, (_, index) => `kid ${index}`));
    fc.assert(
      fc.property(fc.constantFrom(...ALGORITHM_NAMES), kid, types, (algorithm, kid, type) => {
        const [header] = signingInput({ algorithm, kid, type }, {}).split('.');
        expect(decode(header)).toEqual({ alg: algorithm, kid, typ: type });
      }),
      { numRuns: 2000 },
    );
  });
});

test('any JSON comes back as it was, and encodes to the same text again', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (claims) => {
      const input = signingInput({ algorithm: 'RS256', kid: 'k', type: 'JWT' }, claims);
      expect(input).toMatch(/^[\w-]+\.[\w-]+$/);
      const payload = input.split('.')[1] ?? '';
      expect(decode(payload)).toEqual(JSON.parse(JSON.stringify(claims)));
      expect(Buffer.from(payload, 'base64url').toString('base64url')).toBe(payload);
    }),
  );
});

test('RFC 7515 A.3: the signature of the ES256 example', () => {
  const input =
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
  const signature = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q';
  const der = p256.Signature.fromBytes(Buffer.from(signature, 'base64url'), 'compact').toBytes('der');
  expect(compact(input, ecdsaDerToJose(der, 'ES256'))).toBe(`${input}.${signature}`);
});

test('a signature that is a view of a larger buffer is encoded without what lies around it', () => {
  const around = Uint8Array.from([0, 1, 2, 3, 4]);
  expect(compact('a.b', around.subarray(1, 4))).toBe('a.b.AQID');
});

describe('checkTokenSize', () => {
  /** The largest signing input that each algorithm may have under a cap of 4,096 bytes. */
  const LARGEST: Record<Algorithm, number> = {
    RS256: 4096 - 343,
    RS384: 4096 - 343,
    RS512: 4096 - 343,
    PS256: 4096 - 343,
    PS384: 4096 - 343,
    PS512: 4096 - 343,
    ES256: 4096 - 87,
    ES384: 4096 - 129,
    ES512: 4096 - 177,
    EdDSA: 4096 - 87,
    'ML-DSA-44': 4096,
    'ML-DSA-65': 4096,
    'ML-DSA-87': 4096,
  };
  test.each(ALGORITHM_NAMES)('%s: at the cap, and one above it', (algorithm) => {
    const largest = LARGEST[algorithm];
    checkTokenSize('x'.repeat(largest - 1), algorithm, 4096);
    checkTokenSize('x'.repeat(largest), algorithm, 4096);
    const error = refused(() => checkTokenSize('x'.repeat(largest + 1), algorithm, 4096));
    expect(error.code).toBe('token_too_large');
    const what = algorithm.startsWith('ML-DSA') ? 'the token without its signature' : 'the token';
    expect(error.message).toBe(`${what} must have at most 4096 bytes, got 4097`);
  });

  test.each(['EdDSA', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const)(
    '%s: no setting raises what KMS takes in one message',
    (algorithm) => {
      checkTokenSize('x'.repeat(4096), algorithm, 100_000);
      const error = refused(() => checkTokenSize('x'.repeat(4097), algorithm, 100_000));
      expect(error.code).toBe('token_too_large');
      expect(error.message).toBe(
        `the token without its signature must have at most 4096 bytes for ${algorithm}, got 4097`,
      );
    },
  );

  test('an algorithm whose digest is signed has no cap but the setting', () => {
    checkTokenSize('x'.repeat(50_000), 'RS256', 100_000);
    checkTokenSize('x'.repeat(1000 - 343), 'RS256', 1000);
    expect(refused(() => checkTokenSize('x'.repeat(1001 - 343), 'RS256', 1000)).message).toBe(
      'the token must have at most 1000 bytes, got 1001',
    );
  });
});
