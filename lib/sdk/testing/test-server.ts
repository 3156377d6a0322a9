/** The test issuer over HTTP on loopback: what a deployed one serves at its edge and at its function URLs. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeyturnError, REQUEST_CODES } from '../../core/errors.ts';

export interface Served {
  /** The bodies by path. */
  documents(): ReadonlyMap<string, { readonly body: string; readonly cacheControl: string }>;
  /** @throws KeyturnError for what the issuer would refuse */
  sign(path: string, body: string): Promise<object>;
}

/** Does not keep the process alive: a test that forgets to close it ends all the same. */
export async function serve(issuer: Served): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const answer = request.method === 'POST' ? await signed(issuer, path, request) : document(issuer, path);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  server.unref();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${(server.address() as AddressInfo).port}`, server };
}

function document(issuer: Served, path: string) {
  const found = issuer.documents().get(path);
  if (!found) return { status: 404, headers: {}, body: '' };
  const headers = { 'content-type': 'application/json', 'cache-control': found.cacheControl };
  return { status: 200, headers, body: found.body };
}

async function signed(issuer: Served, path: string, request: IncomingMessage) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    const token = await issuer.sign(path, Buffer.concat(chunks).toString());
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(token) };
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    const { code, message, path: pointer } = error;
    const status = (REQUEST_CODES as Readonly<Record<string, number>>)[code] ?? 503;
    const type = `urn:keyturn:error:${code}`;
    const title = code.replaceAll('_', ' ');
    const problem = { type, title, status, code, detail: message, ...(pointer !== undefined && { pointer }) };
    return { status, headers: { 'content-type': 'application/problem+json' }, body: JSON.stringify(problem) };
  }
}
