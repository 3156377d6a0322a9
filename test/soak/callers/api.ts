/** An API that verifies as jose does, for callers that bring tokens: 200, or 401 with the reason. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { Policy } from '../../../lib/core/config.ts';
import { documentPaths } from '../../../lib/core/issuer.ts';
import { AUDIENCE } from '../load.ts';
import { VERIFIER } from './windows.ts';

export async function startApi({ issuer, verifierLeeway }: Policy): Promise<{ readonly url: string; close(): void }> {
  const keys = createRemoteJWKSet(new URL(`${new URL(issuer).origin}${documentPaths(issuer).jwks}`), {
    cooldownDuration: VERIFIER.refetchSeconds * 1000,
    cacheMaxAge: VERIFIER.keyCacheSeconds * 1000,
  });
  const options = { issuer, audience: AUDIENCE, algorithms: ['RS256'], clockTolerance: verifierLeeway };
  const server: Server = createServer(async ({ headers }, response) => {
    const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
    const reason = await jwtVerify(token, keys, options).then(
      () => undefined,
      (error: Error & { code?: string }) => error.code ?? error.name,
    );
    response.writeHead(reason === undefined ? 200 : 401).end(reason);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}
