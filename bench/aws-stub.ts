/**
 * AWS as it costs nothing: every answer was given once by the local stack and is given again at once. What is left is what
 * the caller's own code costs.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KMS_NAMES } from '../lib/aws/kms-names.ts';
import { startLocalStack } from '../lib/cli/local-stack.ts';
import { activeKey, type Keyring } from '../lib/core/keyring.ts';
import { signerPolicyToJson } from '../lib/core/signer-policy.ts';

export interface AwsStub {
  /** What a function of the deployment is given. */
  readonly environment: Readonly<Record<string, string>>;
  /** ARN and algorithm of the key that signs. */
  readonly keyArn: string;
  readonly signingAlgorithm: string;
  readonly keyring: Keyring;
  /** `dynamodb.GetItem`, `kms.Sign`: what was asked since it was last emptied. */
  readonly calls: string[];
  close(): void;
}

export async function startAwsStub(config: Readonly<Record<string, unknown>> = {}): Promise<AwsStub> {
  const recorded = await record(config);
  const calls: string[] = [];
  const server = createServer((message, response) => {
    const operation = String(message.headers['x-amz-target']);
    const isKms = operation.startsWith('Trent');
    calls.push(`${isKms ? 'kms' : 'dynamodb'}.${operation.split('.').at(-1)}`);
    message.resume().on('end', () => {
      const type = isKms ? 'application/x-amz-json-1.1' : 'application/x-amz-json-1.0';
      response.writeHead(200, { 'content-type': type }).end(isKms ? recorded.sign : recorded.getItem);
    });
  });
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { KeyId: keyArn, SigningAlgorithm: signingAlgorithm } = JSON.parse(recorded.sign);
  return {
    environment: {
      KEYTURN_POLICY: recorded.policy,
      KEYTURN_TABLE: 'keyturn',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIALOCALsign',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_SESSION_TOKEN: 'local',
    },
    keyArn,
    signingAlgorithm,
    keyring: readKeyring(recorded.getItem),
    calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Recorded {
  readonly policy: string;
  readonly getItem: string;
  readonly sign: string;
}

const readKeyring = (getItem: string): Keyring =>
  JSON.parse((JSON.parse(getItem) as { Item: { keyring: { S: string } } }).Item.keyring.S);

/** Asks a whole issuer once for what its sign function asks, over the wire. */
async function record(config: Readonly<Record<string, unknown>>): Promise<Recorded> {
  const stack = await startLocalStack({ config, ticking: false });
  try {
    await stack.tick();
    const ask = async (service: string, target: string, version: string, input: object): Promise<string> => {
      const response = await fetch(stack.awsEndpointUrl, {
        method: 'POST',
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=AKIALOCALsign/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
          'content-type': `application/x-amz-json-${version}`,
          'x-amz-date': '20260101T000000Z',
          'x-amz-target': target,
        },
        body: JSON.stringify(input),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${target} must be answered, got ${response.status}: ${text}`);
      return text;
    };
    const { issuer } = stack.policy;
    const getItem = await ask('dynamodb', 'DynamoDB_20120810.GetItem', '1.0', {
      TableName: 'keyturn',
      Key: { issuer: { S: issuer } },
    });
    const active = activeKey(readKeyring(getItem));
    if (!active) throw new Error('the issuer must have an active key');
    const sign = await ask('kms', 'TrentService.Sign', '1.1', {
      KeyId: active.keyArn,
      SigningAlgorithm: KMS_NAMES[active.algorithm].signingAlgorithm,
      MessageType: KMS_NAMES[active.algorithm].messageType,
      Message: Buffer.alloc(32).toString('base64'),
    });
    return { policy: JSON.stringify(signerPolicyToJson(stack.policy)), getItem, sign };
  } finally {
    await stack.close();
  }
}
