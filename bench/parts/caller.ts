/**
 * What a service pays at its start for `keyturn/client` as the package has it, against @aws-sdk/client-lambda with
 * its InvokeCommand alone. Both bundled as a Lambda is; interleaved, CPU in a process of its own each time.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { IMPORTED, ROOT } from '../bundles.ts';
import { interleave, median } from '../interleave.ts';
import { KB, type Part, type Row } from '../row.ts';

const ROUNDS = 31;
const FUNCTION = 'Keyturn-Sign:orders';
/** Each makes its client, and exports how it asks. */
const CANDIDATES = {
  nothing: 'exports.ask = async () => undefined;',
  'keyturn/client': `import { tokenClient } from '${IMPORTED.client}';
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

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
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
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  try {
    const fileOf = (name: Name) => join(directory, `${name.replaceAll(/\W/g, '-')}.cjs`);
    const compressed = new Map<Name, number>();
    for (const name of NAMES) {
      await build({
        stdin: { contents: CANDIDATES[name], resolveDir: ROOT },
        outfile: fileOf(name),
        ...{ bundle: true, minify: true, platform: 'node', target: 'node24', format: 'cjs' },
        ...{ mainFields: ['module', 'main'], supported: { 'dynamic-import': false } },
      });
      compressed.set(name, gzipSync(readFileSync(fileOf(name))).length / KB);
    }
    const answers: Record<Name, number[]> = { nothing: [], 'keyturn/client': [], '@aws-sdk/client-lambda': [] };
    const measure = async (name: Name): Promise<number> => {
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', PROGRAM, fileOf(name)], { env });
      const [loaded, answered] = JSON.parse(stdout) as [number, number];
      answers[name].push(answered);
      return loaded;
    };
    const loads = await interleave(NAMES, ROUNDS, measure, (round, rounds) => onProgress(round / rounds));
    return NAMES.filter((name) => name !== 'nothing').flatMap((name): Row[] => [
      { what: `loading ${name}`, value: median(loads[name]), unit: 'ms', note: 'of CPU' },
      {
        what: `${name} up to its first answer`,
        ...{ value: median(answers[name]), unit: 'ms' },
        note: `of CPU; ${compressed.get(name)?.toFixed(1)} KB compressed`,
      },
    ]);
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}

export const caller: Part = { name: 'caller', title: 'a caller', run };
