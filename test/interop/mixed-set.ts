/** One JWKS made of several, at an address of its own. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class MixedSet {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}/.well-known/jwks.json`;
  }

  static async of(urls: readonly string[]): Promise<MixedSet> {
    const sets = await Promise.all(
      urls.map(async (url) => ((await (await fetch(url)).json()) as { keys: unknown[] }).keys),
    );
    const body = JSON.stringify({ keys: sets.flat() });
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new MixedSet(server);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
