/** A deployed issuer, and what its users, its operators and its verifiers do with it. */

import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { createRemoteJWKSet, type JWTVerifyResult, jwtVerify } from 'jose';
import type { BurnReport } from '../../lib/core/burn.ts';
import { documentPaths } from '../../lib/core/issuer.ts';
import type { Key, Keyring } from '../../lib/core/keyring.ts';
import type { TickReport } from '../../lib/core/rotate.ts';
import type { SignedToken } from '../../lib/core/sign.ts';
import { type TokenClient, tokenClient } from '../../lib/sdk/client/index.ts';
import { type AwsClients, awsClients, type Credentials } from '../aws/clients.ts';
import { REGION, ROOT } from './account.ts';
import { fetchAt } from './fetch-at.ts';

export const AUDIENCE = 'orders-api';
export const REQUEST = { audience: AUDIENCE, claims: { sub: 'svc:checkout' } };

export class Deployment {
  readonly aws: AwsClients;
  readonly outputs: Readonly<Record<string, string>>;
  readonly #endpoint: string;
  readonly #edgeUrl: string;

  constructor(endpoint: string, edgeUrl: string, outputs: Readonly<Record<string, string>>) {
    this.#endpoint = endpoint;
    this.#edgeUrl = edgeUrl;
    this.outputs = outputs;
    // The account's own key: the functions have the keys of their roles.
    this.aws = awsClients(endpoint, ROOT);
  }

  /** Another issuer of the same stack. */
  with = (outputs: Readonly<Record<string, string>>): Deployment =>
    new Deployment(this.#endpoint, this.#edgeUrl, outputs);

  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined) throw new Error(`the stack has no output ${name}, only ${Object.keys(this.outputs)}`);
    return value;
  }

  /** @throws Error whose name is the error type that Lambda answers */
  async invoke<T>(functionName: string, payload: unknown, alias?: string): Promise<T> {
    const { Payload, FunctionError } = await this.aws.lambda.send(
      new InvokeCommand({ FunctionName: functionName, Qualifier: alias, Payload: JSON.stringify(payload) }),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString()) as T & { errorType: string; errorMessage: string };
    if (!FunctionError) return answer;
    throw Object.assign(new Error(answer.errorMessage), { name: answer.errorType });
  }

  sign = (alias = 'any', request: object = REQUEST): Promise<SignedToken> =>
    this.invoke(this.output('SignFunctionName'), request, alias);

  tick = (): Promise<TickReport> => this.invoke(this.output('RotateFunctionName'), {});

  operate = <T = TickReport>(operation: object): Promise<T> =>
    this.invoke(this.output('OperateFunctionName'), operation);

  burn = (what: object): Promise<BurnReport> => this.operate({ operation: 'burn', reason: 'laptop stolen', ...what });

  /** As a service uses it that holds these credentials. */
  client(where: { url: string } | { functionName: string }, credentials: Credentials): TokenClient {
    return tokenClient({ ...where, region: REGION, credentials, fetch: fetchAt(this.#endpoint) });
  }

  /** As a service does that has never fetched the set. */
  verify(token: string): Promise<JWTVerifyResult> {
    return jwtVerify(token, createRemoteJWKSet(this.#jwksUrl), {
      issuer: this.output('IssuerUrl'),
      audience: AUDIENCE,
    });
  }

  async servedKids(): Promise<string[]> {
    const response = await fetch(this.#jwksUrl);
    return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  }

  async keyring(): Promise<Keyring> {
    const { Item } = await this.aws.dynamodb.send(
      new GetItemCommand({ TableName: this.output('TableName'), Key: { issuer: { S: this.output('IssuerUrl') } } }),
    );
    return JSON.parse(Item?.keyring?.S ?? 'null') as Keyring;
  }

  async key(kid: string): Promise<Key> {
    const found = (await this.keyring()).keys.find((key) => key.kid === kid);
    if (!found) throw new Error(`the keyring has no key ${kid}`);
    return found;
  }

  /** As KMS has it: `Enabled`, `Disabled`, `PendingDeletion`. */
  async kmsState(keyArn: string): Promise<string | undefined> {
    return (await this.aws.kms.send(new DescribeKeyCommand({ KeyId: keyArn }))).KeyMetadata?.KeyState;
  }

  get #jwksUrl(): URL {
    return new URL(documentPaths(this.output('IssuerUrl')).jwks, this.#edgeUrl);
  }
}
