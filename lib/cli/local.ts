/** `keyturn local`: the whole issuer on this machine. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from '../core/clients.ts';
import { documentPaths, parseIssuer } from '../core/issuer.ts';
import { readConfig } from './config-file.ts';
import { printer } from './local-output.ts';
import { startLocalStack } from './local-stack.ts';
import { EXIT, given, UsageError } from './verb.ts';

export const summary = 'run the whole issuer on this machine';

export const help = `Usage: keyturn local [options]

Runs the deployed functions against stand-ins for AWS on loopback. Its keys are NOT in KMS:
use it at home and in CI, never to protect anything.

  --config FILE       windows, algorithm, verifiers and clients, as in keyturn.config.json
  --port PORT         where it answers (default 4790; 0 takes a free one)
  --host HOST         the address it listens on (default 127.0.0.1)
  --issuer URL        the issuer's name for other containers, such as http://issuer:4790
                      (default http://localhost:PORT)
  --data DIR          keeps keys, documents and table there, for each port apart (default: memory)
  --fast              a whole rotation a minute, to watch
  --unsafe-windows    take windows that would break tokens; every tick says so
  --json              one JSON object a line
  --help

Examples:
  keyturn local
  keyturn local --fast
  keyturn local --config keyturn.config.json --data .keyturn
`;

/**
 * A rotation a minute under the real check: short windows and not a fast clock, so that every token verifies with every
 * library on this machine's own time.
 */
export const FAST = {
  rotationPeriod: '60s',
  publicationLead: '40s',
  grace: '50s',
  tokenLifetime: '15s',
  maxTokenLifetime: '30s',
  tick: '2s',
  edgeMaxAge: '2s',
  edgeStaleWhileRevalidate: '1s',
  edgeStaleIfError: '1s',
  signerCache: '2s',
  signingLatency: '2s',
  clockSkew: '1s',
  verifierLeeway: '5s',
  verifiers: ['jose', 'aws-jwt-verify'],
};

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      config: { type: 'string' },
      port: { type: 'string', default: '4790' },
      host: { type: 'string', default: '127.0.0.1' },
      issuer: { type: 'string' },
      data: { type: 'string' },
      fast: { type: 'boolean', default: false },
      'unsafe-windows': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const port = readPort(values.port);
  if (port === 0 && values.data !== undefined && values.issuer === undefined) {
    throw new UsageError(
      '--data needs a fixed --port: the issuer is named by its port, and a new one has no keys there',
    );
  }
  const config = {
    ...(values.config === undefined ? {} : readConfig(values.config)),
    ...(values.fast && FAST),
    ...(values['unsafe-windows'] && { unsafeWindows: true }),
  };
  const print = printer(values.json);
  const options = {
    config,
    port,
    host: values.host,
    page: true,
    ...(values.issuer !== undefined && { issuer: values.issuer }),
    ...(values.data !== undefined && { dataDirectory: join(values.data, nameOf(port, values.issuer)) }),
    onLog: print.log,
    onTick: print.tick,
  };
  const stack = await given(() => startLocalStack(options));
  const { issuer } = stack.policy;
  const clients = [...(stack.clients?.values() ?? [])];
  print.started({
    issuer,
    jwksUrl: `${new URL(issuer).origin}${documentPaths(issuer).jwks}`,
    signUrl: `${stack.url}/sign${clients[0] ? `/${clients[0].id}` : ''}`,
    ...(stack.clients && { clients: Object.fromEntries(clients.map(({ id }) => [id, `${stack.url}/sign/${id}`])) }),
    example: exampleRequest(clients[0]),
    operateUrl: `${stack.url}/operate`,
    rotateUrl: `${stack.url}/rotate`,
    awsEndpointUrl: stack.awsEndpointUrl,
    unsafe: stack.policy.unsafeWindows,
  });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await stack.close();
  return EXIT.done;
}

/** What the first caller may ask for. */
function exampleRequest(client: Client | undefined): object {
  const [audience = 'orders-api'] = client?.audiences ?? [];
  return { audience, claims: client?.subject === undefined ? { sub: 'svc:checkout' } : {} };
}

/** An issuer of another name has other keys. */
const nameOf = (port: number, issuer: string | undefined): string =>
  issuer === undefined
    ? `port-${port}`
    : parseIssuer(issuer)
        .replace(/^https?:\/\//, '')
        .replaceAll(/[^\w.-]/g, '-');

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`--port must be a number from 0 to 65535, got ${JSON.stringify(text)}`);
}
