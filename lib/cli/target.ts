/** The issuer that a verb is about: the outputs of its stack, and how AWS is reached for it. The same for both kinds. */
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDbKeyringReader } from '../aws/dynamodb-keyrings.ts';
import { HttpsEdge } from '../aws/https-edge.ts';
import { S3Publisher } from '../aws/s3-publisher.ts';
import { type IssuerOutputs, issuersOf, stackOutputs } from '../aws/stack-outputs.ts';
import { DynamoDbTickRecords } from '../aws/tick-records.ts';
import type { Edge, KeyringReader, Publisher } from '../core/ports.ts';
import type { TickRecords } from '../core/tick-record.ts';
import { UnreachableError, UsageError } from './verb.ts';

export interface TargetChoice {
  readonly stack?: string | undefined;
  readonly issuer?: string | undefined;
  readonly url?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

/** What every AWS client of this target is made with. */
interface AwsOptions {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface Target {
  /** How a person calls it. */
  readonly name: string;
  readonly isLocal: boolean;
  readonly outputs: IssuerOutputs & Readonly<Record<string, string>>;
  readonly aws: AwsOptions;
  readonly keyrings: KeyringReader;
  readonly records: TickRecords;
  readonly edge: Edge;
  /** Where `edge` asks. */
  readonly edgeUrl: string;
  readonly publisher: Publisher;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
}

const DEFAULT_STACK = 'Keyturn';

/** @throws UsageError, UnreachableError, and what the SDK throws */
export async function resolveTarget({ stack, issuer, url, region, profile }: TargetChoice): Promise<Target> {
  if (url !== undefined && stack !== undefined) throw new UsageError('either --stack or --url, not both');
  if (profile !== undefined) process.env.AWS_PROFILE = profile;
  return url === undefined ? deployed(stack ?? DEFAULT_STACK, issuer, region) : local(url, issuer);
}

async function deployed(stack: string, issuer: string | undefined, region: string | undefined): Promise<Target> {
  const aws = region === undefined ? {} : { region };
  const outputs = await stackOutputs(aws, stack);
  const where = region ?? process.env.AWS_REGION ?? 'the default Region';
  if (!outputs)
    throw new UnreachableError(`there is no stack ${stack} in ${where}: name it with --stack, or its --region`);
  const own = chosen(outputs, `stack ${stack}`, issuer);
  return target(`stack ${stack}`, false, own, aws, `https://${own.DistributionDomain}`);
}

function chosen(outputs: Readonly<Record<string, string>>, where: string, issuer: string | undefined) {
  const issuers = issuersOf(outputs);
  const urls = issuers.map(({ IssuerUrl }) => IssuerUrl);
  const found = issuer === undefined ? issuers : issuers.filter(({ IssuerUrl }) => IssuerUrl === issuer);
  const [own, ...others] = found;
  if (own && others.length === 0) return own;
  if (urls.length === 0) throw new UnreachableError(`${where} has no output IssuerUrl: it is no issuer of Keyturn`);
  throw new UsageError(
    own
      ? `${where} has more than one issuer: choose with --issuer ${urls.join(' or ')}`
      : `${where} has no issuer ${issuer}: it has ${urls.join(' and ')}`,
  );
}

async function local(url: string, issuer: string | undefined): Promise<Target> {
  const origin = url.replace(/\/+$/, '');
  const response = await fetch(`${origin}/outputs.json`).catch((cause: unknown) => {
    throw new UnreachableError(`nothing answers at ${origin}: is "keyturn local" running there?`, { cause });
  });
  if (!response.ok) throw new UnreachableError(`${origin} is no "keyturn local": it answers ${response.status}`);
  const outputs = chosen((await response.json()) as Record<string, string>, origin, issuer);
  // The stand-ins take any signature.
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const aws = { region: outputs.Region ?? 'us-east-1', endpoint: outputs.AwsEndpointUrl ?? '', credentials };
  return target(origin, true, outputs, aws, origin);
}

function target(
  name: string,
  isLocal: boolean,
  values: Readonly<Record<string, string>>,
  aws: AwsOptions,
  edgeUrl: string,
): Target {
  const outputs = values as Target['outputs'];
  const { IssuerUrl: issuer, TableName: tableName, BucketName: bucketName, DistributionId: distributionId } = outputs;
  const dynamodb = new DynamoDBClient(aws);
  const s3 = new S3Client({ ...aws, forcePathStyle: isLocal });
  return {
    name,
    isLocal,
    outputs,
    aws,
    keyrings: new DynamoDbKeyringReader({ dynamodb, tableName, issuer, clock: () => Date.now() / 1000 }),
    records: new DynamoDbTickRecords(dynamodb, tableName, issuer),
    edge: new HttpsEdge(edgeUrl),
    edgeUrl,
    publisher: new S3Publisher({ s3, cloudfront: new CloudFrontClient(aws), bucketName, distributionId }),
    s3,
    // A burn waits for the edge.
    lambda: new LambdaClient({ ...aws, maxAttempts: 1, requestHandler: { requestTimeout: 150_000 } }),
  };
}
