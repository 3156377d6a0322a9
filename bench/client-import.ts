/**
 * `node bench/client-import.ts`: what a service pays at its start for `keyturn/client`, against @aws-sdk/client-lambda with
 * its InvokeCommand alone. Both bundled as a Lambda is; interleaved, CPU in a process of its own each time.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const ROUNDS = 31;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FUNCTION = 'Keyturn-Sign:orders';
/** Each makes its client, and exports how it asks. */
const CANDIDATES = {
  nothing: 'exports.ask = async () => undefined;',
  'keyturn/client': `import { tokenClient } from './lib/sdk/client/index.ts';
    const client = tokenClient({ functionName: '${FUNCTION}' });
    export const ask = () => client.get({ audience: 'orders-api' });`,
  '@aws-sdk/client-lambda': `import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
    const client = new LambdaClient();
    const Payload = JSON.stringify({ audience: 'orders-api' });
    export const ask = () => client.send(new InvokeCommand({ FunctionName: '${FUNCTION}', Payload }));`,
};
type Name = keyof typeof CANDIDATES;
const NAMES = Object.keys(CANDIDATES) as Name[];

/** CPU until the client is there, and until it has its first answer. */
const PROGRAM = `
const cpu = process.cpuUsage();
const milliseconds = () => { const { user, system } = process.cpuUsage(cpu); return (user + system) / 1000; };
const { ask } = require(process.argv[1]);
const loaded = milliseconds();
ask().then(() => process.stdout.write(JSON.stringify([loaded, milliseconds()])));`;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const server = createServer((message, response) => {
  message.resume();
  const answer = { token: 'a.b.c', kid: 'k', algorithm: 'RS256', jti: 'j', issuedAt: 1, expiresAt: 901 };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const env = {
  AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
};

const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
try {
  const files = new Map<Name, { readonly file: string; readonly bytes: Uint8Array }>();
  for (const name of NAMES) {
    const file = join(directory, `${name.replaceAll(/\W/g, '-')}.cjs`);
    const stdin = { contents: CANDIDATES[name], resolveDir: ROOT };
    const options = { bundle: true, minify: true, platform: 'node', target: 'node24', format: 'cjs' } as const;
    const mainFields = ['module', 'main'];
    await build({ stdin, outfile: file, ...options, mainFields, supported: { 'dynamic-import': false } });
    const { outputFiles } = await build({ stdin, write: false, ...options, mainFields });
    files.set(name, { file, bytes: outputFiles[0]?.contents ?? new Uint8Array() });
  }
  const samples = new Map<Name, [number, number][]>(NAMES.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const at of NAMES.keys()) {
      const name = NAMES[(at + round) % NAMES.length] as Name;
      const args = ['-e', PROGRAM, files.get(name)?.file ?? ''];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      samples.get(name)?.push(JSON.parse(stdout));
    }
  }
  for (const name of NAMES) {
    const { bytes = new Uint8Array() } = files.get(name) ?? {};
    const kilobytes = (length: number) => `${(length / 1000).toFixed(1)} KB`;
    const size = `${kilobytes(bytes.length)}, ${kilobytes(gzipSync(bytes).length)} gzipped`;
    const of = (at: 0 | 1) => median((samples.get(name) ?? []).map((sample) => sample[at])).toFixed(1);
    console.log(`${name.padEnd(26)}${of(0)} ms CPU to load, ${of(1)} ms to the first answer; ${size}`);
  }
} finally {
  server.close();
  rmSync(directory, { recursive: true });
}
