/** An address that keeps what was sent to it, and has no token for anybody. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Sent } from '../sdk/client/sigv4.ts';

export class Listener {
  readonly requests: Sent[] = [];
  readonly #server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = message;
    this.requests.push({ method, path, headers: headers as Sent['headers'], body: Buffer.concat(chunks).toString() });
    response.writeHead(403, { 'content-type': 'application/json' }).end('{"Message":"Forbidden"}');
  });

  static async start(): Promise<Listener> {
    const listener = new Listener();
    listener.#server.listen(0, '127.0.0.1');
    await once(listener.#server, 'listening');
    return listener;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
