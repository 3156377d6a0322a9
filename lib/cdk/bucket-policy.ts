/** Who writes the documents, whatever other policies of the account allow: the rotators, and only conditionally. */
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';

/** @param cleanerArns who empties the bucket before it is deleted, where that was asked for */
export function writeFence(
  bucket: Bucket,
  writerArns: readonly string[],
  cleanerArns: readonly string[],
): PolicyStatement[] {
  const unless = (arns: readonly string[]) => ({ ArnNotEquals: { 'aws:PrincipalArn': [...arns] } });
  const deny = (sid: string, actions: string[], conditions?: Record<string, Record<string, unknown>>) =>
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions,
      resources: [bucket.arnForObjects('*')],
      ...(conditions && { conditions }),
    });
  return [
    deny(
      'NobodyElseWrites',
      ['s3:PutObject', 's3:PutObjectAcl', 's3:PutObjectTagging', 's3:ReplicateObject', 's3:ReplicateTags'],
      unless(writerArns),
    ),
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    deny('NobodyWritesBlindly', ['s3:PutObject'], { Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' } }),
    deny(
      'NobodyDeletes',
      ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:ReplicateDelete'],
      cleanerArns.length > 0 ? unless(cleanerArns) : undefined,
    ),
  ];
}
