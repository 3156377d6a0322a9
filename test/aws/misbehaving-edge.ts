/** A server that does to a verifier what servers do. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Misbehaviour } from '../conformance/edge.ts';

const GOOD = '{"keys":[]}';

export async function misbehavingEdge(how: Misbehaviour): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url === '/good') response.end(GOOD);
    else misbehave(how, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  if (how === 'is not there') await close();
  return { url, close: how === 'is not there' ? async () => {} : close };
}

function misbehave(how: Misbehaviour, response: ServerResponse): void {
  if (typeof how === 'object') {
    const { status, location } = how;
    response.writeHead(status, { ...(location !== undefined && { location }), 'cache-control': 'max-age=300' });
    return void response.end([204, 304].includes(status) ? undefined : GOOD);
  }
  switch (how) {
    case 'hangs':
    case 'is not there':
      return;
    case 'hangs in the body':
      return void response.write('{"keys":');
    case 'closes':
      return void response.destroy();
    case 'ends early':
      response.writeHead(200, { 'content-length': 1000 });
      response.write(GOOD);
      return void setTimeout(() => response.destroy(), 20);
    case 'sends too much':
      return void response.end(`{"keys":[],"more":"${'x'.repeat(150_000)}"}`);
    case 'never ends': {
      // Faster than the time limit: only a bound on the bytes ends it in time.
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    }
  }
}
