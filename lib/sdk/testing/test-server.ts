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

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Does not keep the process alive: a test that forgets to close it ends all the same. */
export async function serve(issuer: Served): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    // Who asked may have gone. Whatever it is, the process is the test's: nothing here may end it.
    answered(issuer, request)
      .catch(({ message }: Error) => ({ status: 500, headers: {}, body: message }))
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  });
  server.unref();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${(server.address() as AddressInfo).port}`, server };
}

async function answered(issuer: Served, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const isSign = /^\/sign(\/|$)/.test(path);
  return isSign || request.method === 'POST' ? signed(issuer, path, request) : document(issuer, path);
}

function document(issuer: Served, path: string): Answer {
  const found = issuer.documents().get(path);
  if (!found) return { status: 404, headers: {}, body: '' };
  const headers = { 'content-type': 'application/json', 'cache-control': found.cacheControl };
  return { status: 200, headers, body: found.body };
}

async function signed(issuer: Served, path: string, request: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    const { method } = request;
    if (method !== 'POST')
      throw new KeyturnError('method_not_allowed', `a token is asked for with POST, got ${method}`);
    const token = await issuer.sign(path, Buffer.concat(chunks).toString());
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(token) };
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    return refusal(error);
  }
}

function refusal({ code, message, path: pointer }: KeyturnError): Answer {
  const status = (REQUEST_CODES as Readonly<Record<string, number>>)[code] ?? 503;
  const type = `urn:keyturn:error:${code}`;
  const title = code.replaceAll('_', ' ');
  const problem = { type, title, status, code, detail: message, ...(pointer !== undefined && { pointer }) };
  const allow = status === 405 && { allow: 'POST' };
  return { status, headers: { 'content-type': 'application/problem+json', ...allow }, body: JSON.stringify(problem) };
}
