/** What the headers of an S3 request ask for besides the object: metadata to keep, integrity, conditions. */
import { createHash } from 'node:crypto';
import { checksum, type ObjectVersion } from './bucket.ts';
import { AwsError, type WireRequest } from './wire.ts';

const KEPT_HEADERS = new Set([
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
]);
export const keptHeaders = (headers: WireRequest['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (!KEPT_HEADERS.has(name) && !name.startsWith('x-amz-meta-')) return [];
      // aws-chunked says how the body travelled, not what the object is.
      const kept = name === 'content-encoding' ? String(value).replace(/^aws-chunked,?\s*/, '') : String(value);
      return kept === '' ? [] : [[name, kept]];
    }),
  );

/** S3 User Guide, "Checking object integrity". @throws AwsError `BadDigest`, `XAmzContentSHA256Mismatch` */
export function checkIntegrity(body: Buffer, headers: Readonly<Record<string, unknown>>): void {
  const { 'x-amz-checksum-crc32': crc, 'content-md5': md5, 'x-amz-content-sha256': sha256 } = headers;
  const digest = (hash: string) => createHash(hash).update(body);
  const isBad =
    (crc !== undefined && crc !== checksum(body)) || (md5 !== undefined && md5 !== digest('md5').digest('base64'));
  if (isBad) throw new AwsError(400, 'BadDigest', 'The checksum that you specified did not match what we received.');
  if (/^[0-9a-f]{64}$/.test(String(sha256)) && sha256 !== digest('sha256').digest('hex')) {
    const sentence = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    throw new AwsError(400, 'XAmzContentSHA256Mismatch', sentence);
  }
}

/** RFC 9110 §13.1. @throws AwsError 304 or 412 */
export function checkRead({ etag }: ObjectVersion, headers: WireRequest['headers']): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etag) {
    throw new AwsError(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  if (ifNoneMatch === '*' || ifNoneMatch === etag) throw new AwsError(304, 'NotModified', 'Not Modified');
}
