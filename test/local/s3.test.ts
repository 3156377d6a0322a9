import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { awsChunked } from '../../lib/local/aws-chunked.ts';
import { Bucket, checksum } from '../../lib/local/bucket.ts';
import { Endpoint } from '../../lib/local/endpoint.ts';
import { S3 } from '../../lib/local/s3.ts';
import { nowhere } from '../../lib/local/state.ts';
import { clients } from './clients.ts';

const endpoint = new Endpoint({ s3: new S3(new Bucket('documents', nowhere)) }, {});
let s3: ReturnType<typeof clients>['s3'];
let url: string;

beforeAll(async () => {
  url = await endpoint.listen();
  ({ s3 } = clients(url));
});
afterAll(() => endpoint.close());

const BUCKET = 'documents';
const put = (Key: string, Body: string | Readable, input: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...input }));
const get = (Key: string, input: Partial<GetObjectCommandInput> = {}) =>
  s3.send(new GetObjectCommand({ Bucket: BUCKET, Key, ...input }));

const winners = async (writes: Promise<unknown>[]): Promise<number> => {
  const results = await Promise.allSettled(writes);
  for (const result of results) {
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
  }
  return results.filter(({ status }) => status === 'fulfilled').length;
};

test('an object comes back with what it was written with', async () => {
  const written = await put('public/.well-known/jwks.json', '{"keys":[]}', {
    ContentType: 'application/jwk-set+json',
    CacheControl: 'public, max-age=300',
    Metadata: { version: '7' },
  });
  const read = await get('public/.well-known/jwks.json');
  expect(await read.Body?.transformToString()).toBe('{"keys":[]}');
  expect(read).toMatchObject({
    ETag: `"${createHash('md5').update('{"keys":[]}').digest('hex')}"`,
    ContentType: 'application/jwk-set+json',
    CacheControl: 'public, max-age=300',
    Metadata: { version: '7' },
    ContentLength: 11,
    VersionId: written.VersionId,
    ChecksumCRC32: written.ChecksumCRC32,
  });
  expect(read.LastModified).toBeInstanceOf(Date);
  const head = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'public/.well-known/jwks.json' }));
  expect(head).toMatchObject({ ETag: written.ETag, ContentLength: 11 });
});

test('of twenty writers that create a document one wins', async () => {
  const writes = Array.from({ length: 20 }, (_, n) => put('created', `${n}`, { IfNoneMatch: '*' }));
  expect(await winners(writes)).toBe(1);
});

test('of twenty writers that replace a version one wins', async () => {
  const { ETag: IfMatch } = await put('replaced', 'first');
  const writes = Array.from({ length: 20 }, (_, n) => put('replaced', `${n}`, { IfMatch }));
  expect(await winners(writes)).toBe(1);
});

test('a document that is not there can be neither replaced nor read', async () => {
  await expect(put('nothing', 'x', { IfMatch: '"0"' })).rejects.toMatchObject({
    name: 'NoSuchKey',
    $metadata: { httpStatusCode: 404 },
  });
  await expect(get('nothing')).rejects.toMatchObject({ name: 'NoSuchKey' });
  await expect(s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'nothing' }))).rejects.toMatchObject({
    name: 'NotFound',
  });
  await expect(s3.send(new GetObjectCommand({ Bucket: 'other', Key: 'x' }))).rejects.toMatchObject({
    name: 'NoSuchBucket',
  });
});

test('a deleted document can be created again', async () => {
  const { ETag: IfMatch } = await put('deleted', 'x', { IfNoneMatch: '*' });
  expect(await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'deleted' }))).toMatchObject({
    DeleteMarker: true,
  });
  await expect(get('deleted')).rejects.toMatchObject({ name: 'NoSuchKey' });
  await expect(put('deleted', 'y', { IfMatch })).rejects.toMatchObject({ name: 'NoSuchKey' });
  await put('deleted', 'y', { IfNoneMatch: '*' });
});

test('an unchanged object is not sent again', async () => {
  const { ETag } = await put('unchanged', 'x');
  await expect(get('unchanged', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  expect(await (await get('unchanged', { IfNoneMatch: '"0"' })).Body?.transformToString()).toBe('x');
});

test('every version stays readable', async () => {
  const first = await put('versions/a', '1');
  await put('versions/a', '2');
  await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'versions/a' }));
  const { Versions, DeleteMarkers } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'versions/' }),
  );
  expect(Versions?.map(({ IsLatest, Size }) => [IsLatest, Size])).toEqual([
    [false, 1],
    [false, 1],
  ]);
  expect(DeleteMarkers).toMatchObject([{ Key: 'versions/a', IsLatest: true }]);
  expect(await (await get('versions/a', { VersionId: first.VersionId })).Body?.transformToString()).toBe('1');
  await expect(get('versions/a', { VersionId: 'none' })).rejects.toMatchObject({ name: 'NoSuchVersion' });
});

test('objects and versions are listed in pages, in the order of bytes', async () => {
  for (const key of ['list/b', 'list/ä & <', 'list/a', 'list/Z']) await put(key, 'x');
  await put('list/a', 'y');
  const keys: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'list/', MaxKeys: 3, ContinuationToken }),
    );
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  expect(keys).toEqual(['list/Z', 'list/a', 'list/b', 'list/ä & <']);

  const versions: (string | undefined)[] = [];
  let [KeyMarker, VersionIdMarker]: (string | undefined)[] = [];
  do {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'list/', MaxKeys: 2, KeyMarker, VersionIdMarker }),
    );
    versions.push(...(page.Versions ?? []).map(({ Key }) => Key));
    [KeyMarker, VersionIdMarker] = [page.NextKeyMarker, page.NextVersionIdMarker];
  } while (KeyMarker !== undefined);
  expect(versions).toEqual(['list/Z', 'list/a', 'list/a', 'list/b', 'list/ä & <']);
});

test('a body whose checksum follows it arrives as it was', async () => {
  const body = 'x'.repeat(100_000);
  await put('streamed', Readable.from([Buffer.from(body)]), { ContentLength: body.length });
  const read = await get('streamed');
  expect(await read.Body?.transformToString()).toBe(body);
  expect(read.ContentEncoding).toBeUndefined();
});

test('a body that is not what its checksum says is refused', async () => {
  await expect(put('bad', 'x', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
  const chunks = (crc: string) => Buffer.from(`1\r\nx\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`);
  const good = checksum(Buffer.from('x'));
  expect(awsChunked(chunks(good))).toEqual({ body: Buffer.from('x'), trailers: { 'x-amz-checksum-crc32': good } });
  const send = (crc: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const authorization =
        'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
      const headers = { authorization, 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
      const sent = request(`${url}/documents/trailer`, { method: 'PUT', headers }, ({ statusCode }) =>
        resolve(statusCode),
      );
      sent.on('error', reject).end(chunks(crc));
    });
  expect(await send(good)).toBe(200);
  expect(await send('AAAAAA==')).toBe(400);
  expect(() => awsChunked(Buffer.from('5\r\nxx'))).toThrow('terminated unexpectedly');
});

test('what would be ignored is refused', async () => {
  await put('tagged', 'x');
  const tags = new PutObjectTaggingCommand({ Bucket: BUCKET, Key: 'tagged', Tagging: { TagSet: [] } });
  await expect(s3.send(tags)).rejects.toMatchObject({ name: 'NotImplemented' });
  await expect(get('tagged', { Range: 'bytes=0-1' })).rejects.toMatchObject({ name: 'NotImplemented' });
  await expect(put('tagged', 'x', { IfNoneMatch: '"0"' })).rejects.toMatchObject({ name: 'NotImplemented' });
});
