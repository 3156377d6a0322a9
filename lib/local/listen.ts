/** Starts a server, or says in one sentence why it cannot be started. */
import type { Server } from 'node:http';

export async function listen(server: Server, port: number, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    throw new Error(sentence((error as NodeJS.ErrnoException).code, port, host), { cause: error });
  } finally {
    server.off('error', reject);
  }
}

function sentence(code: string | undefined, port: number, host: string): string {
  if (code === 'EADDRINUSE') return `port ${port} is in use on ${host}; choose another with --port`;
  if (code === 'EACCES') return `port ${port} on ${host} needs privileges; choose one above 1023 with --port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is not an address of this machine; choose another with --host`;
  return `cannot listen on port ${port} of ${host} (${code})`;
}
