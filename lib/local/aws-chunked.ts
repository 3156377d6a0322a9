/**
 * `Content-Encoding: aws-chunked`: how the SDK sends a body whose checksum it only knows at the end (S3 API Reference,
 * "Signature calculations for the Authorization header: transferring payload in multiple chunks").
 */
import { AwsError } from './wire.ts';

interface Decoded {
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
}

export function awsChunked(bytes: Buffer): Decoded {
  const chunks: Buffer[] = [];
  let offset = 0;
  const line = (): string => {
    const end = bytes.indexOf('\r\n', offset);
    if (end < 0) throw incomplete();
    const text = bytes.toString('latin1', offset, end);
    offset = end + 2;
    return text;
  };
  for (;;) {
    // `5f;chunk-signature=…`: signatures are not checked on one machine.
    const size = Number.parseInt(line(), 16);
    if (!(size >= 0)) throw incomplete();
    if (size === 0) break;
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
    if (line() !== '') throw incomplete();
  }
  const trailers: Record<string, string> = {};
  while (offset < bytes.length) {
    const [name = '', value = ''] = line().split(/:(.*)/s);
    if (name !== '') trailers[name.toLowerCase()] = value.trim();
  }
  return { body: Buffer.concat(chunks), trailers };
}

const incomplete = (): AwsError =>
  new AwsError(400, 'IncompleteBody', 'The request body terminated unexpectedly or is not aws-chunked');
