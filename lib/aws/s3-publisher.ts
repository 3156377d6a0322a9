/** The Publisher port on S3 and CloudFront: every write conditional, nothing outside `public/`. */
import { randomUUID } from 'node:crypto';
import { type CloudFrontClient, CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { KeyturnError } from '../core/errors.ts';
import type { Document, Publisher, StoredDocument } from '../core/ports.ts';

export interface PublicBucket {
  readonly s3: S3Client;
  readonly cloudfront: CloudFrontClient;
  readonly bucketName: string;
  readonly distributionId: string;
}

/** The distribution's origin path. */
const ROOT = 'public';

export class S3Publisher implements Publisher {
  readonly home: string;
  readonly #bucket: PublicBucket;

  constructor(bucket: PublicBucket) {
    this.home = bucket.bucketName;
    this.#bucket = bucket;
  }

  async read(path: string): Promise<StoredDocument | undefined> {
    const { s3, bucketName } = this.#bucket;
    try {
      const answer = await s3.send(new GetObjectCommand({ Bucket: bucketName, Key: ROOT + path }));
      const { ContentType: contentType, CacheControl: cacheControl, ETag: etag = '' } = answer;
      return { body: (await answer.Body?.transformToString()) ?? '', etag, contentType, cacheControl };
    } catch (error) {
      // Only 404: without s3:ListBucket a missing object is 403, and that must not pass for an empty bucket.
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  async write({ path, body, contentType, cacheControl }: Document, etag: string | undefined): Promise<void> {
    const { s3, bucketName } = this.#bucket;
    const command = new PutObjectCommand({
      Bucket: bucketName,
      Key: ROOT + path,
      Body: body,
      ContentType: contentType,
      CacheControl: cacheControl,
      ...(etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }),
    });
    try {
      await s3.send(command);
    } catch (cause) {
      const { name, $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
      const status = name === 'NoSuchBucket' ? undefined : $metadata?.httpStatusCode;
      // 412: another version is there. 409: another writer was at it in the same moment. 404: it was deleted meanwhile.
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
      if (status !== 412 && status !== 409 && status !== 404) throw cause;
      throw new KeyturnError('document_conflict', `${path} is not the version that was read before (${status})`, {
        cause,
      });
    }
  }

  async invalidate(paths: readonly string[]): Promise<void> {
    const { cloudfront, distributionId } = this.#bucket;
    await cloudfront.send(
      new CreateInvalidationCommand({
        DistributionId: distributionId,
        InvalidationBatch: { CallerReference: randomUUID(), Paths: { Quantity: paths.length, Items: [...paths] } },
      }),
    );
  }
}
