/** The ports of whoever rotates: the rotator on its schedule, and the operator when asked. */
import { randomUUID } from 'node:crypto';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDbKeyringStore } from '../lib/aws/dynamodb-keyrings.ts';
import { EventBridgeEvents } from '../lib/aws/eventbridge-events.ts';
import { HttpsEdge } from '../lib/aws/https-edge.ts';
import { KmsKeys } from '../lib/aws/kms-keys.ts';
import { LambdaCanary } from '../lib/aws/lambda-canary.ts';
import { S3Publisher } from '../lib/aws/s3-publisher.ts';
import { Announcer } from '../lib/core/announcer.ts';
import { type Policy, parsePolicy } from '../lib/core/config.ts';
import { requireSafe } from '../lib/core/policy.ts';
import type { RotatorPorts } from '../lib/core/rotate.ts';
import { readPolicyJson, readVariable } from './environment.ts';
import { clock, log, sleep } from './runtime.ts';

/** @throws KeyturnError `policy_invalid`, `policy_unsafe`: a tick under windows that break the promise decides nothing */
export const rotatorPolicy = (): Policy => requireSafe(parsePolicy(readPolicyJson()));

export interface Rotator {
  readonly ports: RotatorPorts;
  /** Awaited before the function answers. */
  readonly settled: () => Promise<void>;
}

export function rotatorOf(policy: Policy): Rotator {
  const ports = rotatorPorts(policy);
  if (process.env.KEYTURN_EVENTS !== 'yes') return { ports, settled: async () => {} };
  // An answer waits for the last of them.
  const requestHandler = { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true };
  const events = new EventBridgeEvents(new EventBridgeClient({ maxAttempts: 2, requestHandler }));
  const announcer = new Announcer(ports, events, log);
  return { ports: announcer.ports, settled: () => announcer.settled() };
}

function rotatorPorts(policy: Policy): RotatorPorts {
  // Bounds each call, so that a tick ends well within the function's time and what it saves is as old as it says. The
  // SDK only warns of a request that is over time, unless it is told to throw.
  const bounded = { requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true } };
  return {
    store: new DynamoDbKeyringStore({
      dynamodb: new DynamoDBClient(bounded),
      tableName: readVariable('KEYTURN_TABLE'),
      issuer: policy.issuer,
      clock,
    }),
    keys: new KmsKeys({
      kms: new KMSClient(bounded),
      kmsOnce: new KMSClient({ ...bounded, maxAttempts: 1 }),
      tagging: new ResourceGroupsTaggingAPIClient(bounded),
      issuer: policy.issuer,
      roles: {
        signerRoleArn: readVariable('KEYTURN_SIGNER_ROLE_ARN'),
        rotatorRoleArns: readVariable('KEYTURN_ROTATOR_ROLE_ARNS').split(','),
      },
    }),
    publisher: new S3Publisher({
      s3: new S3Client(bounded),
      cloudfront: new CloudFrontClient(bounded),
      bucketName: readVariable('KEYTURN_BUCKET'),
      distributionId: readVariable('KEYTURN_DISTRIBUTION_ID'),
    }),
    edge: new HttpsEdge(readVariable('KEYTURN_EDGE_URL')),
    canary: new LambdaCanary(new LambdaClient(bounded), readVariable('KEYTURN_SIGN_FUNCTION')),
    clock,
    randomId: randomUUID,
    sleep,
    log,
  };
}
