/** The edge cache behind HTTP, and the bucket behind the edge cache. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bucket, ObjectVersion } from './bucket.ts';
import type { EdgeCache, Origin, OriginAnswer } from './edge.ts';
import { xmlDocument } from './xml.ts';

export async function serveEdge(edge: EdgeCache, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  const answer = await edge.handle({ method, path: url, headers });
  response.writeHead(answer.status, { ...answer.headers, via: '1.1 keyturn.local (CloudFront)' });
  response.end(answer.body);
}

/** An origin access control that may read `public/` and list nothing: what is not there is forbidden. */
export const bucketOrigin =
  (bucket: Bucket): Origin =>
  async (path, etag) => {
    const version = find(bucket, path);
    if (version === undefined) return ACCESS_DENIED;
    if (version.etag === etag) return { status: 304, headers: { etag }, body: new Uint8Array() };
    const { headers, lastModified, versionId, body } = version;
    return {
      status: 200,
      headers: {
        'content-type': 'binary/octet-stream',
        ...headers,
        etag: version.etag,
        'last-modified': new Date(lastModified).toUTCString(),
        'x-amz-version-id': versionId,
      },
      body,
    };
  };

function find(bucket: Bucket, path: string): ObjectVersion | undefined {
  try {
    return bucket.get(`public${decodeURIComponent(path)}`);
  } catch {
    return undefined;
  }
}

const ACCESS_DENIED: OriginAnswer = {
  status: 403,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(
    xmlDocument([
      'Error',
      [
        ['Code', 'AccessDenied'],
        ['Message', 'Access Denied'],
      ],
    ]),
  ),
};
