/** The sign function: one request, one token. By direct Invoke and at a function URL, through an alias. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import sdk from '@aws-sdk/client-kms/package.json' with { type: 'json' };
import type { Context } from 'aws-lambda';
import { DynamoDbKeyringReader } from '../lib/aws/dynamodb-keyrings.ts';
import { KmsSigner } from '../lib/aws/kms-signer.ts';
import { Sha256 } from '../lib/aws/sha256.ts';
import type { Client } from '../lib/core/clients.ts';
import { KeyturnError } from '../lib/core/errors.ts';
import { secretNames } from '../lib/core/names.ts';
import { DEFAULT_LIMITS, parseSignRequest, type RequestLimits } from '../lib/core/request.ts';
import { type SignedToken, TokenSigner } from '../lib/core/sign.ts';
import { readSignerPolicy } from '../lib/core/signer-policy.ts';
import { readClientsFile, readPolicyJson, readVariable } from './environment.ts';
import { answerHttp, type HttpAnswer, type HttpEvent, isHttpEvent, readHttpBody } from './http.ts';
import { embedded, refusalMetrics, tokenMetrics } from './metrics.ts';
import { clock, log } from './runtime.ts';
import { TimedSigner } from './timed-signer.ts';
import { tokenLine } from './token-line.ts';

const policy = readSignerPolicy(readPolicyJson());
/** Undefined: an issuer without clients. */
const clients = readClientsFile();
const limits: RequestLimits = {
  ...DEFAULT_LIMITS,
  tokenLifetime: policy.tokenLifetime,
  maxTokenLifetime: policy.maxTokenLifetime,
  secretClaims: secretNames(policy.secretClaims),
};
// One slow answer costs a retry and not the caller's deadline. The SDK only warns, unless it is told to throw.
const requestHandler = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true };
// The SDK's own puts seven facts about the machine together anew for each request, and takes longer than our code does.
const defaultUserAgentProvider = async (): Promise<[string, string][]> => [['aws-sdk-js', sdk.version]];
const options = { maxAttempts: 2, requestHandler, sha256: Sha256, defaultUserAgentProvider };
const kms = new KmsSigner(new KMSClient(options));
const signer = new TokenSigner(
  {
    keyrings: new DynamoDbKeyringReader({
      dynamodb: new DynamoDBClient(options),
      tableName: readVariable('KEYTURN_TABLE'),
      issuer: policy.issuer,
      clock,
    }),
    signer: kms,
    clock,
    randomId: randomUUID,
  },
  policy,
  limits,
);

/** The alias of an issuer without clients; with clients it does not exist. */
const ANY = 'any';
/** The alias that only the rotator and a deployment may invoke. */
const CANARY = 'canary';

/** Who asks is what IAM let through to this alias; nothing in the event decides, for a direct caller writes all of it. */
const aliasOf = (context: Context): string | undefined => context.invokedFunctionArn.split(':')[7];

export async function handler(event: unknown, context: Context): Promise<unknown> {
  const alias = aliasOf(context);
  if (alias === CANARY)
    return signer.canary((event as { key?: unknown } | null)?.key === 'active' ? 'active' : 'standby');
  return isHttpEvent(event) ? overHttp(event, alias) : issue(() => event, alias);
}

async function overHttp(event: HttpEvent, alias: string | undefined): Promise<HttpAnswer> {
  return answerHttp(() => issue(() => readHttpBody(event, limits), alias));
}

async function issue(read: () => unknown, alias: string | undefined): Promise<SignedToken> {
  const began = performance.now();
  const timed = new TimedSigner(kms);
  try {
    const client = clientOf(alias);
    const request = parseSignRequest(read(), limits, client);
    const { keyringLoadedAt, ...answer } = await signer.sign(request, timed);
    const line = tokenLine(policy.issuer, client?.id ?? ANY, request, answer, keyringLoadedAt);
    const metrics = tokenMetrics(performance.now() - began, timed.milliseconds);
    log({ ...line, ...embedded(policy.issuer, answer.issuedAt, metrics) });
    return answer;
  } catch (error) {
    const code = error instanceof KeyturnError ? error.code : 'internal';
    const metrics = embedded(policy.issuer, clock(), refusalMetrics(code));
    log({ event: 'refusal', issuer: policy.issuer, client: alias, code, ...metrics });
    throw error;
  }
}

/** @throws KeyturnError `client_unknown` */
function clientOf(alias: string | undefined): Client | undefined {
  const client = clients?.get(alias ?? '');
  if (client || (!clients && alias === ANY)) return client;
  const expected = clients ? 'the alias of a client' : `alias ${ANY}`;
  throw new KeyturnError('client_unknown', `the function must be invoked through ${expected}, got ${alias ?? 'none'}`);
}
