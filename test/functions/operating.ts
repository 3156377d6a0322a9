/** What the tests of operations ask and look at. */
import type { onTestFinished } from 'vitest';
import type { BurnReport } from '../../lib/core/burn.ts';
import { type Issuer, type Problem, type Report, startSigning } from './issuer.ts';
import { type ServedKey, servedKeys } from './verifying.ts';

/** One that signs; its keys are quickly made. */
export async function signing(onFinished: typeof onTestFinished, config: object = {}): Promise<Issuer> {
  const issuer = await startSigning({ config: { algorithm: 'ES256', ...config } });
  onFinished(() => issuer.close());
  return issuer;
}

/** @throws Error with the problem */
export async function operate<Answer = Report>(issuer: Issuer, operation: object): Promise<Answer> {
  const response = await fetch(`${issuer.url}/operate`, { method: 'POST', body: JSON.stringify(operation) });
  const text = await response.text();
  if (response.status === 200) return JSON.parse(text) as Answer;
  const { status, code, detail } = JSON.parse(text) as Problem;
  throw new Error(`${status} ${code}: ${detail}`);
}

export const burn = (issuer: Issuer, what: object): Promise<BurnReport> =>
  operate<BurnReport>(issuer, { operation: 'burn', reason: 'laptop stolen', ...what });

export const servedKids = async (issuer: Issuer): Promise<string[]> => (await servedKeys(issuer)).map(({ kid }) => kid);

/** In the bucket, whatever the edge may still serve. */
export const publishedKids = ({ s3 }: Issuer): string[] => {
  const { keys } = JSON.parse(s3.get('public/.well-known/jwks.json').body.toString()) as { keys: ServedKey[] };
  return keys.map(({ kid }) => kid);
};
