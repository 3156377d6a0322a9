/** The REST API of S3, path-style, over one bucket. Whatever would be ignored is refused: `NotImplemented`. */
import { awsChunked } from './aws-chunked.ts';
import type { Bucket, ObjectVersion } from './bucket.ts';
import { checkIntegrity, checkRead, keptHeaders } from './s3-headers.ts';
import { type AwsCall, AwsError, type AwsService, type WireReply, type WireRequest } from './wire.ts';
import { type XmlElement, xmlDocument } from './xml.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
/** Parameters that choose one of the operations below, or page through a list. Any other is a feature that is not here. */
const QUERY = new Set([
  'x-id',
  'list-type',
  'versions',
  'versionId',
  'prefix',
  'max-keys',
  'continuation-token',
  'start-after',
  'key-marker',
  'version-id-marker',
  'encoding-type',
]);

export class S3 implements AwsService {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  describe(request: WireRequest): Pick<AwsCall, 'operation' | 'input'> {
    const { bucket, key } = address(request.path);
    const { query, headers } = request;
    return { operation: operation(request, key), input: { bucket, key, query: Object.fromEntries(query), headers } };
  }

  async perform(request: WireRequest, call: AwsCall): Promise<WireReply> {
    const { bucket, key } = address(request.path);
    if (bucket !== this.#bucket.name) throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist');
    const foreign = [...request.query.keys()].find((name) => !QUERY.has(name));
    if (foreign !== undefined) throw notImplemented(`the parameter ${foreign}`);
    switch (call.operation) {
      case 'PutObject':
        return this.#putObject(key, request);
      case 'GetObject':
      case 'HeadObject':
        return this.#getObject(key, request);
      case 'DeleteObject':
        return this.#deleteObject(key, request);
      case 'ListObjectsV2':
        return this.#listObjects(request.query);
      case 'ListObjectVersions':
        return this.#listVersions(request.query);
      default:
        throw notImplemented(call.operation);
    }
  }

  refuse(error: AwsError): WireReply {
    // A 304 has no body (RFC 9110 §15.4.5).
    if (error.status === 304) return { status: 304 };
    const children: XmlElement[] = [
      ['Code', error.code],
      ['Message', error.message],
    ];
    return { status: error.status, headers: XML, body: xmlDocument(['Error', children]) };
  }

  #putObject(key: string, { headers, body: sent }: WireRequest): WireReply {
    if (headers['x-amz-copy-source'] !== undefined) throw notImplemented('CopyObject');
    const isChunked = /^STREAMING-/.test(String(headers['x-amz-content-sha256'] ?? ''));
    const { body, trailers } = isChunked ? awsChunked(sent) : { body: sent, trailers: {} };
    checkIntegrity(body, { ...headers, ...trailers });
    const version = this.#bucket.put(key, body, keptHeaders(headers), {
      ifMatch: headers['if-match'],
      ifNoneMatch: headers['if-none-match'],
    });
    return {
      status: 200,
      headers: {
        etag: version.etag,
        'x-amz-version-id': version.versionId,
        'x-amz-checksum-crc32': version.crc32,
        'x-amz-checksum-type': 'FULL_OBJECT',
      },
    };
  }

  #getObject(key: string, { headers, query }: WireRequest): WireReply {
    if (headers.range !== undefined) throw notImplemented('Range');
    const version = this.#bucket.get(key, query.get('versionId') ?? undefined);
    checkRead(version, headers);
    return {
      status: 200,
      headers: {
        'content-type': 'binary/octet-stream',
        ...version.headers,
        etag: version.etag,
        'last-modified': new Date(version.lastModified).toUTCString(),
        'x-amz-version-id': version.versionId,
        ...(headers['x-amz-checksum-mode'] === 'ENABLED' && {
          'x-amz-checksum-crc32': version.crc32,
          'x-amz-checksum-type': 'FULL_OBJECT',
        }),
      },
      body: version.body,
    };
  }

  #deleteObject(key: string, { headers, query }: WireRequest): WireReply {
    if (headers['if-match'] !== undefined) throw notImplemented('a conditional DeleteObject');
    const deleted = this.#bucket.delete(key, query.get('versionId') ?? undefined);
    return {
      status: 204,
      headers: {
        ...(deleted !== undefined && { 'x-amz-version-id': deleted.versionId }),
        ...(deleted?.isDeleteMarker && { 'x-amz-delete-marker': 'true' }),
      },
    };
  }

  #listObjects(query: URLSearchParams): WireReply {
    const prefix = query.get('prefix') ?? '';
    const token = query.get('continuation-token');
    const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString();
    const all = this.#bucket
      .objects(prefix)
      .filter(({ key }) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
    const listed = all.slice(0, maxKeys(query));
    const isTruncated = listed.length < all.length;
    return xmlReply('ListBucketResult', [
      ['Name', this.#bucket.name],
      ['Prefix', encode(prefix, query)],
      ['KeyCount', listed.length],
      ['MaxKeys', maxKeys(query)],
      ['IsTruncated', isTruncated],
      ...encodingType(query),
      ...nextElement('NextContinuationToken', isTruncated, Buffer.from(listed.at(-1)?.key ?? '').toString('base64')),
      ...listed.map((version): XmlElement => ['Contents', [...facts(version, query), ...contentFacts(version)]]),
    ]);
  }

  #listVersions(query: URLSearchParams): WireReply {
    const prefix = query.get('prefix') ?? '';
    const [keyMarker, versionMarker] = [query.get('key-marker'), query.get('version-id-marker')];
    const everything = this.#bucket.versions(prefix);
    const last = everything.findLastIndex(
      ({ key, versionId }) => key === keyMarker && (versionMarker === null || versionId === versionMarker),
    );
    const all = everything.slice(last + 1);
    const listed = all.slice(0, maxKeys(query));
    const isTruncated = listed.length < all.length;
    const end = listed.at(-1);
    return xmlReply('ListVersionsResult', [
      ['Name', this.#bucket.name],
      ['Prefix', encode(prefix, query)],
      ['MaxKeys', maxKeys(query)],
      ['IsTruncated', isTruncated],
      ...encodingType(query),
      ...nextElement('NextKeyMarker', isTruncated, encode(end?.key ?? '', query)),
      ...nextElement('NextVersionIdMarker', isTruncated, end?.versionId ?? ''),
      ...listed.map((version): XmlElement => {
        const common: XmlElement[] = [
          ...facts(version, query),
          ['VersionId', version.versionId],
          ['IsLatest', this.#bucket.isLatest(version)],
        ];
        return version.isDeleteMarker ? ['DeleteMarker', common] : ['Version', [...common, ...contentFacts(version)]];
      }),
    ]);
  }
}

const XML = { 'content-type': 'application/xml' };

const xmlReply = (name: string, children: XmlElement[]): WireReply => ({
  status: 200,
  headers: XML,
  body: xmlDocument([name, children], NAMESPACE),
});

const notImplemented = (what: string): AwsError =>
  new AwsError(501, 'NotImplemented', `A header or parameter implies something that is not implemented here: ${what}`);

function address(path: string): { bucket: string; key: string } {
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key) };
}

function operation({ method, query }: WireRequest, key: string): string {
  if (key !== '') return `${method.charAt(0)}${method.slice(1).toLowerCase()}Object`;
  if (method === 'GET' && query.has('versions')) return 'ListObjectVersions';
  if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
  return `${method} on a bucket`;
}

function maxKeys(query: URLSearchParams): number {
  const asked = Number(query.get('max-keys') ?? 1000);
  if (!Number.isInteger(asked) || asked < 0) throw new AwsError(400, 'InvalidArgument', 'max-keys must be a number');
  return Math.min(asked, 1000);
}

const nextElement = (name: string, isTruncated: boolean, value: string): XmlElement[] =>
  isTruncated ? [[name, value]] : [];

const encode = (text: string, query: URLSearchParams): string =>
  query.get('encoding-type') === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text;

const encodingType = (query: URLSearchParams): XmlElement[] =>
  query.get('encoding-type') === 'url' ? [['EncodingType', 'url']] : [];

const facts = (version: ObjectVersion, query: URLSearchParams): XmlElement[] => [
  ['Key', encode(version.key, query)],
  ['LastModified', new Date(version.lastModified).toISOString()],
];

const contentFacts = (version: ObjectVersion): XmlElement[] => [
  ['ETag', version.etag],
  ['Size', version.body.length],
  ['StorageClass', 'STANDARD'],
];
