/**
 * The one public port: the sign function's URL, the operator, a tick on demand, and the edge for everything else. Nobody
 * is authenticated on a developer's machine, so that a web page elsewhere must not be able to ask for a token.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { EdgeCache } from './edge.ts';
import { serveEdge } from './edge-http.ts';
import { urlAnswer, urlEvent } from './function-url.ts';
import { type Invoked, MAX_PAYLOAD_BYTES } from './lambda.ts';
import { AwsError, readBody, sendReply, type WireReply, type WireRequest, wireRequest } from './wire.ts';

export interface FrontOptions {
  readonly edge: EdgeCache;
  readonly invoke: (name: string, payload: string) => Promise<Invoked>;
  readonly tick: () => Promise<Invoked>;
  /** What to invoke, as `name` or `name:alias`. */
  readonly routes: FrontRoutes;
  /** What a deployed stack has as outputs, at `/outputs.json`. */
  readonly outputs: () => object;
  /** The last lines that the functions left of tokens, at `/log.json`. */
  readonly tokenLines: () => readonly object[];
}
export interface FrontRoutes {
  readonly sign: string;
  /** By the client's name, for `/sign/NAME`. */
  readonly clients?: Readonly<Record<string, string>>;
  readonly operate: string;
}
type Route = (request: WireRequest, sourceIp: string) => Promise<WireReply>;

/** More than Lambda takes, so that what is too large is refused by a sentence rather than by a broken connection. */
const MAX_BODY_BYTES = 12 * 1024 * 1024;

export function frontServer({ edge, invoke, tick, routes, outputs, tokenLines }: FrontOptions): Server {
  const functionUrl = (name: string): Route => {
    return async (request, ip) => urlAnswer(await invoke(name, JSON.stringify(urlEvent(request, '/', ip))));
  };
  const posts = new Map<string, Route>([
    ['/sign', functionUrl(routes.sign)],
    ...Object.entries(routes.clients ?? {}).map(([name, alias]) => [`/sign/${name}`, functionUrl(alias)] as const),
    ['/operate', async ({ body }) => invokeAnswer(await invoke(routes.operate, body.toString()))],
    ['/rotate', async () => invokeAnswer(await tick())],
  ]);

  const insides = new Map<string, () => object>([
    ['/outputs.json', outputs],
    ['/log.json', tokenLines],
  ]);

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A function URL is posted to at its root, and many a client ends one with a slash.
    const path = message.url?.split('?', 1)[0]?.replace(/\/$/, '') ?? '';
    const route = message.method === 'POST' ? posts.get(path) : undefined;
    const inside = message.method === 'GET' ? insides.get(path) : undefined;
    if (inside !== undefined) return sendReply(response, shown(inside(), message));
    if (route === undefined) return serveEdge(edge, message, response);
    const reply = await answered(route, message);
    // What was refused unread must not be taken for the next request.
    if (!message.complete) response.setHeader('connection', 'close');
    sendReply(response, reply);
  };

  return createServer((message, response) => {
    serve(message, response).catch(() => response.destroy());
  });
}

async function answered(route: Route, message: IncomingMessage): Promise<WireReply> {
  if (isForeignPage(message)) return problem(403, 'foreign_page', 'pages of other sites may not use this issuer');
  const body = await readBody(message, MAX_BODY_BYTES);
  if (body === undefined || body.length > MAX_PAYLOAD_BYTES) {
    return problem(413, 'RequestEntityTooLargeException', `a function URL takes at most ${MAX_PAYLOAD_BYTES} bytes`);
  }
  try {
    return await route(wireRequest(message, body), message.socket.remoteAddress ?? '');
  } catch (error) {
    if (error instanceof AwsError) return problem(error.status, error.code, error.message);
    throw error;
  }
}

/**
 * A browser says with `Sec-Fetch-Site` (Fetch Metadata) or `Origin` from where a POST comes. A name that was rebound to
 * this machine has an origin that agrees with its `Host`, but no IP address and not `localhost` for a name.
 */
function isForeignPage({ headers }: IncomingMessage): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  if (origin === undefined) return false;
  if (!URL.canParse(origin)) return true;
  const url = new URL(origin);
  return url.host !== host || !(url.hostname === 'localhost' || isIP(url.hostname.replace(/^\[|\]$/g, '')));
}

/** A direct invocation, as HTTP: the result, or what was thrown as a problem (RFC 9457). */
function invokeAnswer({ payload, functionError }: Invoked): WireReply {
  if (functionError === undefined)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload };
  const { errorType = 'Unknown', errorMessage = '' } = JSON.parse(payload) as {
    errorType?: string;
    errorMessage?: string;
  };
  return problem(statusOf(errorType), errorType, errorMessage);
}

/** They name the endpoints inside, and who has tokens, which is nothing for the page of another site. */
function shown(outputs: object, message: IncomingMessage): WireReply {
  if (isForeignPage(message)) return problem(403, 'foreign_page', 'pages of other sites may not use this issuer');
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(outputs) };
}

/** Refusals of the functions are named in snake case; any other name is a fault of the function or of Lambda. */
function statusOf(code: string): number {
  if (code === 'Sandbox.Timedout') return 504;
  if (code.includes('.')) return 502;
  if (!/^[a-z]+(?:_[a-z]+)+$/.test(code)) return 500;
  if (/_(?:conflict|refused|newer|reached|unsafe)$/.test(code)) return 409;
  if (/^(?:unknown|missing|invalid|body|duplicate)_|_(?:unknown|invalid|member)$/.test(code)) return 400;
  return 503;
}

function problem(status: number, code: string, detail: string): WireReply {
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
  return { status, headers, body: JSON.stringify({ status, code, detail }) };
}
