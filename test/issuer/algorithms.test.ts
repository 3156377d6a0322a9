import { decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { ALGORITHM_NAMES, facts } from '../../lib/core/algorithms.ts';
import { VERIFIERS } from '../../lib/core/verifiers.ts';
import { type Problem, REQUEST, startSigning } from '../functions/issuer.ts';
import { servedAlgorithms, servedKeys, verifyWithAws, verifyWithJose } from '../functions/verifying.ts';

const padded = (length: number) => ({ ...REQUEST, claims: { ...REQUEST.claims, padding: 'x'.repeat(length) } });

const CEILING = 4096;

test.concurrent.for(ALGORITHM_NAMES)(
  '%s: from the first tick to a token that others verify',
  async (algorithm, { onTestFinished }) => {
    const issuer = await startSigning({ config: { algorithm } });
    onTestFinished(() => issuer.close());

    const answer = await issuer.sign(padded(0));
    expect(answer.algorithm).toBe(algorithm);
    expect(decodeProtectedHeader(answer.token)).toEqual({ alg: algorithm, kid: answer.kid, typ: 'JWT' });
    const { kty, signatureBytes } = facts(algorithm);
    const keys = await servedKeys(issuer);
    expect(keys.map((key) => [key.alg, key.kty])).toEqual([
      [algorithm, kty],
      [algorithm, kty],
    ]);
    expect(keys.map(({ kid }) => kid)).toContain(answer.kid);
    expect(await servedAlgorithms(issuer)).toEqual([algorithm]);

    await verifyWithJose(issuer, answer.token, algorithm);
    const { algorithms: known } = VERIFIERS['aws-jwt-verify'];
    if (known.includes(algorithm)) await verifyWithAws(issuer, answer.token);
    else await expect(verifyWithAws(issuer, answer.token)).rejects.toThrow();

    const [, payload = '', signature = ''] = answer.token.split('.');
    expect(signature).toHaveLength(Math.ceil((signatureBytes * 4) / 3));
    // What has the ceiling: the token, or, where the signature alone would fill it, what goes to KMS as it is.
    const isWhole = kty !== 'AKP';
    const measure = (token: string) => (isWhole ? token : token.slice(0, token.lastIndexOf('.'))).length;
    const room = CEILING - (measure(answer.token) - payload.length);
    const longest = Math.floor((room * 3) / 4) - Buffer.from(payload, 'base64url').length;

    issuer.calls.length = 0;
    const { token } = await issuer.sign(padded(longest));
    await verifyWithJose(issuer, token, algorithm);
    // Base64url has no length of 4n + 1.
    expect(measure(token)).toBe(room % 4 === 1 ? CEILING - 1 : CEILING);
    const refused = await issuer.post(padded(longest + 1));
    expect(refused.status).toBe(413);
    expect((await refused.json()) as Problem).toMatchObject({ code: 'token_too_large' });
    expect(issuer.calls).toEqual(['sign kms.Sign']);
  },
);
