/** Every version of every object below `public/`: what has ever been served, as far as the bucket keeps it. */
import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { PublishedVersion } from '../core/audit-documents.ts';

/** The distribution's origin path, as in s3-publisher.ts. */
const PREFIX = 'public/';
const AT_ONCE = 8;

/** From the oldest to the newest; of each path those of the newest `limit`. */
export async function documentVersions(s3: S3Client, bucketName: string, limit: number): Promise<PublishedVersion[]> {
  const found: (Omit<PublishedVersion, 'body'> & { readonly isDeleted: boolean })[] = [];
  const counts = new Map<string, number>();
  for await (const { Versions = [], DeleteMarkers = [] } of pagesOf(s3, bucketName)) {
    const listed = [
      ...Versions.map((version) => ({ ...version, isDeleted: false })),
      ...DeleteMarkers.map((marker) => ({ ...marker, isDeleted: true })),
    ];
    for (const { Key = '', VersionId: versionId = '', LastModified, isDeleted } of listed) {
      const path = Key.slice(PREFIX.length - 1);
      const count = (counts.get(path) ?? 0) + 1;
      counts.set(path, count);
      if (count <= limit) found.push({ path, versionId, at: (LastModified?.getTime() ?? 0) / 1000, isDeleted });
    }
  }
  // S3 lists the newest first, to the second; what it lists later is older.
  const ordered = found.reverse().toSorted((a, b) => a.at - b.at);
  const versions: PublishedVersion[] = [];
  for (let start = 0; start < ordered.length; start += AT_ONCE) {
    const some = ordered.slice(start, start + AT_ONCE);
    versions.push(...(await Promise.all(some.map((version) => withBody(s3, bucketName, version)))));
  }
  return versions;
}

/** The SDK has no paginator for it. */
async function* pagesOf(s3: S3Client, Bucket: string): AsyncGenerator<ListObjectVersionsCommandOutput> {
  let next: Pick<ListObjectVersionsCommandOutput, 'NextKeyMarker' | 'NextVersionIdMarker'> = {};
  for (;;) {
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = next;
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: PREFIX, KeyMarker, VersionIdMarker }));
    yield page;
    if (!page.IsTruncated) return;
    next = page;
  }
}

async function withBody(
  s3: S3Client,
  bucketName: string,
  { isDeleted, ...version }: Omit<PublishedVersion, 'body'> & { readonly isDeleted: boolean },
): Promise<PublishedVersion> {
  if (isDeleted) return { ...version, body: undefined };
  const Key = `${PREFIX.slice(0, -1)}${version.path}`;
  const answer = await s3.send(new GetObjectCommand({ Bucket: bucketName, Key, VersionId: version.versionId }));
  return { ...version, body: (await answer.Body?.transformToString()) ?? '' };
}
