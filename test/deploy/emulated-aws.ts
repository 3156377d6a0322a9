/** The resources of one deployment on an emulator, for the suites that every port has to pass. */
import { CreateDistributionCommand } from '@aws-sdk/client-cloudfront';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { awsClients } from '../aws/clients.ts';
import type { AwsUnderTest } from '../aws/under-test.ts';
import type { Emulator } from './emulator.ts';

const NAMES = { tableName: 'keyrings', bucketName: 'documents' };

export async function emulatedAws(emulator: Emulator, accountId: string): Promise<AwsUnderTest> {
  const { endpoint, close } = emulator;
  const { dynamodb, s3, cloudfront } = awsClients(endpoint);
  await dynamodb.send(
    new CreateTableCommand({
      TableName: NAMES.tableName,
      KeySchema: [{ AttributeName: 'issuer', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'issuer', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket: NAMES.bucketName }));
  const { Distribution } = await cloudfront.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: 'conformance',
        Comment: '',
        Enabled: true,
        Origins: {
          Quantity: 1,
          Items: [
            {
              Id: 'documents',
              DomainName: `${NAMES.bucketName}.s3.us-east-1.amazonaws.com`,
              OriginPath: '/public',
              S3OriginConfig: { OriginAccessIdentity: '' },
            },
          ],
        },
        DefaultCacheBehavior: {
          TargetOriginId: 'documents',
          ViewerProtocolPolicy: 'allow-all',
          // Managed-CachingOptimized.
          CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
        },
      },
    }),
  );
  return { ...NAMES, endpoint, accountId, distributionId: Distribution?.Id ?? '', close };
}
