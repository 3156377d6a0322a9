import { afterAll, expect, test } from 'vitest';
import type { RotateEnvironment } from '../../functions/environment.ts';
import { Lambda } from '../../lib/local/lambda.ts';
import { SHORT } from './issuer.ts';

const POLICY = { ...SHORT, issuer: 'http://localhost:1' };
const COMPLETE: RotateEnvironment = {
  KEYTURN_POLICY: JSON.stringify(POLICY),
  KEYTURN_TABLE: 'keyturn',
  KEYTURN_BUCKET: 'documents',
  KEYTURN_DISTRIBUTION_ID: 'E1',
  KEYTURN_EDGE_URL: 'http://127.0.0.1:1',
  KEYTURN_SIGN_FUNCTION: 'sign',
  KEYTURN_SIGNER_ROLE_ARN: 'arn:aws:iam::000000000000:role/signer',
  KEYTURN_ROTATOR_ROLE_ARNS: 'arn:aws:iam::000000000000:role/rotator',
};
const SIGN_POLICY = {
  issuer: 'http://localhost:1',
  tokenLifetime: '1m',
  maxTokenLifetime: '1m',
  signerCache: '1s',
  signingLatency: '1s',
};

const started: Lambda[] = [];
afterAll(() => {
  for (const lambda of started) lambda.close();
});

/** What the first event is answered with by a function that is given this environment. */
async function start(name: string, environment: Record<string, string>): Promise<string> {
  const bundle = new URL(`../../dist/functions/${name}/index.js`, import.meta.url).pathname;
  const lambda = new Lambda([{ name, bundle, environment, aliases: ['any'] }], 'http://127.0.0.1:1', () => undefined);
  started.push(lambda);
  const { payload } = await lambda.invoke(name === 'sign' ? 'sign:any' : name, '{}');
  lambda.close();
  const { errorType, errorMessage } = JSON.parse(payload) as { errorType: string; errorMessage: string };
  return `${errorType}: ${errorMessage}`;
}

test.concurrent.for([
  ...(['KEYTURN_POLICY', 'KEYTURN_TABLE'] as const).map((name) => ['sign', name] as const),
  ...(Object.keys(COMPLETE) as (keyof RotateEnvironment)[]).map((name) => ['rotate', name] as const),
  ['operate', 'KEYTURN_BUCKET'] as const,
])('%s says that %s is missing', async ([name, variable]) => {
  const complete = name === 'sign' ? { ...COMPLETE, KEYTURN_POLICY: JSON.stringify(SIGN_POLICY) } : COMPLETE;
  const { [variable]: _, ...environment } = complete;
  const sentence = `environment_invalid: environment variable ${variable} must be set`;
  expect(await start(name, environment)).toBe(sentence);
});

test.concurrent.for([
  ['sign', '{', /^environment_invalid: KEYTURN_POLICY must be JSON$/],
  ['sign', { ...SIGN_POLICY, issuer: 'ftp://x' }, /^policy_invalid: issuer must use https/],
  ['sign', { ...SIGN_POLICY, secretClaims: 'pin' }, /^policy_invalid: secretClaims must be a list of names/],
  ['sign', { ...SIGN_POLICY, signerCache: undefined }, /^policy_invalid: signerCache must be a duration/],
  ['rotate', '{', /^environment_invalid: KEYTURN_POLICY must be JSON$/],
  ['rotate', { ...POLICY, algorithm: 'HS256' }, /^algorithm_unknown: /],
  ['rotate', { ...POLICY, grac: '1d' }, /^policy_invalid: grac is not a setting/],
  ['rotate', { ...POLICY, publicationLead: '2s' }, /^policy_unsafe: publicationLead must be at least /],
  ['rotate', { ...POLICY, grace: '9s' }, /^policy_unsafe: grace must be at least /],
  ['operate', { ...POLICY, rotationPeriod: '3s' }, /^policy_unsafe: rotationPeriod must be at least /],
] as const)('%s under a wrong policy: $2', async ([name, policy, sentence]) => {
  const KEYTURN_POLICY = typeof policy === 'string' ? policy : JSON.stringify(policy);
  expect(await start(name, { ...COMPLETE, KEYTURN_POLICY })).toMatch(sentence);
});

test.concurrent('a variable that is set to nothing is missing too', async () => {
  const sentence = 'environment_invalid: environment variable KEYTURN_TABLE must be set';
  expect(await start('rotate', { ...COMPLETE, KEYTURN_TABLE: '' })).toBe(sentence);
});

test.concurrent('windows that are waived on purpose pass', async () => {
  const KEYTURN_POLICY = JSON.stringify({ ...POLICY, publicationLead: '0s', unsafeWindows: true });
  expect(await start('rotate', { ...COMPLETE, KEYTURN_POLICY })).not.toMatch(/^policy_/);
});
