/**
 * Whether a signature is the one that AWS computes: IAM User Guide, "Create a signed AWS API request", read from the side of
 * the one who checks. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac } from 'node:crypto';

export interface Sent {
  readonly method: string;
  /** As on the wire, with the query if there is one. */
  readonly path: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

/** What must be signed: the host, the time, and whatever else AWS reads. */
const SIGNED = ['host', 'x-amz-date'];

/** Undefined: there is none. */
export function signatureFault({ method, path, headers, body }: Sent, signer: Signer): string | undefined {
  const [, credential = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const date = headers['x-amz-date'] ?? '';
  const scope = `${date.slice(0, 8)}/${signer.region}/${signer.service}/aws4_request`;
  if (credential !== `${signer.accessKeyId}/${scope}`) return `the credential is ${credential}`;
  const signed = names.split(';');
  const needed = [...SIGNED, ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const unsigned = needed.find((name) => !signed.includes(name));
  if (unsigned !== undefined) return `${unsigned} is not signed`;
  const [resource = '', query = ''] = path.split('?');
  const canonical = [
    method,
    // Every service but S3 has each segment encoded once more.
    resource.split('/').map(encodeURIComponent).join('/'),
    query.split('&').sort().join('&'),
    ...signed.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${signer.secretAccessKey}`);
  return hmac(key, text).toString('hex') === signature ? undefined : 'the signature is another';
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
