/** The AWS clients as functions/ constructs them, for any endpoint: the only place where a test says where AWS is. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { S3Client } from '@aws-sdk/client-s3';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}
const SOMEBODY: Credentials = { accessKeyId: 'AKIALOCALconformance', secretAccessKey: 'local' };

const configuration = (endpoint: string, credentials: Credentials) => ({
  endpoint,
  region: 'us-east-1',
  credentials,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000 },
});

export type AwsClients = ReturnType<typeof awsClients>;

export function awsClients(endpoint: string, credentials = SOMEBODY) {
  const common = configuration(endpoint, credentials);
  return {
    dynamodb: new DynamoDBClient(common),
    dynamodbOnce: new DynamoDBClient({ ...common, maxAttempts: 1 }),
    kms: new KMSClient(common),
    kmsOnce: new KMSClient({ ...common, maxAttempts: 1 }),
    /** The sign function's. */
    kmsSigning: new KMSClient({ ...common, maxAttempts: 2 }),
    tagging: new ResourceGroupsTaggingAPIClient(common),
    // An endpoint with a name of its own has no host name for each bucket.
    s3: new S3Client({ ...common, forcePathStyle: true }),
    cloudformation: new CloudFormationClient(common),
    cloudfront: new CloudFrontClient(common),
    lambda: new LambdaClient(common),
  };
}
