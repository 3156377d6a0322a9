/** The real SDK against the endpoint, with nothing of ours between. */
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { S3Client } from '@aws-sdk/client-s3';

const configuration = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIALOCALtest', secretAccessKey: 'local' },
  maxAttempts: 1,
});

export const clients = (endpoint: string) => ({
  kms: new KMSClient(configuration(endpoint)),
  tagging: new ResourceGroupsTaggingAPIClient(configuration(endpoint)),
  s3: new S3Client(configuration(endpoint)),
  cloudfront: new CloudFrontClient(configuration(endpoint)),
  dynamodb: new DynamoDBClient(configuration(endpoint)),
  lambda: new LambdaClient(configuration(endpoint)),
});
