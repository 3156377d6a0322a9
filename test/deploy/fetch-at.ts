/** `fetch` for the names that AWS gives out, which no DNS knows here: an emulator tells them apart by Host. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

export const fetchAt =
  (endpoint: string): typeof fetch =>
  async (input, init = {}) => {
    const { host, pathname, search } = new URL(String(input));
    const { hostname, port } = new URL(endpoint);
    const outgoing = request({
      hostname,
      port,
      path: pathname + search,
      method: init.method ?? 'GET',
      // What a `fetch` would not let through.
      headers: { ...Object.fromEntries(new Headers(init.headers)), host },
    }).end(init.body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const status = incoming.statusCode ?? 502;
    const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]);
    return new Response([204, 304].includes(status) ? null : Buffer.concat(chunks), { status, headers });
  };
