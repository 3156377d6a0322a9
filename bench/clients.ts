/**
 * `npm run build && node bench/clients.ts`: what clients cost the sign function, its shipped bundle without any, with one and
 * with a hundred. Interleaved, 0 1 100 0 1 100 …: absolute times drift, their ratio does not.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClientRules, readClients } from '../lib/core/clients.ts';
import { secretNames } from '../lib/core/names.ts';
import { DEFAULT_LIMITS, parseSignRequest, type RequestLimits } from '../lib/core/request.ts';

const COUNTS = [0, 1, 100] as const;
const COLD_ROUNDS = 41;
const WARM_ROUNDS = 400;
const BATCH = 500;
const BUNDLE = fileURLToPath(new URL('../dist/functions/sign/index.js', import.meta.url));

const rulesOf = (count: number): Record<string, ClientRules> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `client-c${index}`,
      {
        audiences: ['orders-api', 'billing-api', `own-api-${index}`],
        scopes: ['orders:read', 'orders:write', 'billing:read', `own:${index}`],
        claims: ['tenant_id', 'region', 'roles'],
        fixedClaims: { env: 'production' },
        maxLifetime: '5m',
      },
    ]),
  );
/** The last of the clients asks. */
const aliasOf = (count: number) => (count === 0 ? 'any' : `client-c${count - 1}`);
const REQUEST = {
  audience: 'orders-api',
  scope: 'orders:read orders:write',
  claims: { sub: 'svc:checkout', tenant_id: 'acme', region: 'eu', roles: ['a', 'b'] },
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** From the loading of the bundle to its first answer, a refusal at the last of the checks: no call to AWS is in it. */
const PROGRAM = `
const cpu = process.cpuUsage();
const { handler } = require(process.argv[1]);
const event = { ...${JSON.stringify(REQUEST)}, claims: { sub: 'svc:checkout', iss: 'x' } };
const context = { invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:sign:' + process.argv[2] };
handler(event, context).then(() => process.exit(1), ({ name }) => {
  const { user, system } = process.cpuUsage(cpu);
  process.stderr.write(JSON.stringify({ name, cpu: (user + system) / 1000 }));
});`;

const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
const files = new Map<number, string>();
for (const count of COUNTS) {
  const file = join(directory, `${count}.json`);
  writeFileSync(file, JSON.stringify(rulesOf(count)));
  files.set(count, file);
}
const policy = { issuer: 'https://auth.example.com', tokenLifetime: '15m', maxTokenLifetime: '1h' };
const environment = {
  KEYTURN_POLICY: JSON.stringify({ ...policy, signerCache: '30s', signingLatency: '30s' }),
  KEYTURN_TABLE: 'keyturn',
  AWS_REGION: 'us-east-1',
};

/** Milliseconds. */
function coldStart(count: number): number {
  const env = { ...environment, ...(count > 0 && { KEYTURN_CLIENTS: files.get(count) }) };
  // Standard error: the function's own log has the other.
  const script = `exec "$0" -e "$1" "$2" "$3" 2>&1 >/dev/null`;
  const args = ['-c', script, process.execPath, PROGRAM, BUNDLE, aliasOf(count)];
  const { name, cpu } = JSON.parse(execFileSync('/bin/sh', args, { env, encoding: 'utf8' }));
  if (name !== 'reserved_claim') throw new Error(`a refusal of another kind: ${name}`);
  return cpu;
}

const limits: RequestLimits = {
  ...DEFAULT_LIMITS,
  tokenLifetime: 900,
  maxTokenLifetime: 3600,
  secretClaims: secretNames(DEFAULT_LIMITS.secretClaims),
};
const tables = new Map(COUNTS.map((count) => [count, readClients(rulesOf(count))]));

/** Microseconds for a request that is allowed: who asks, and whether he may. */
function decision(count: (typeof COUNTS)[number]): number {
  const [clients, alias] = [tables.get(count), aliasOf(count)];
  const start = process.hrtime.bigint();
  for (let turn = 0; turn < BATCH; turn++) parseSignRequest(REQUEST, limits, clients?.get(alias));
  return Number(process.hrtime.bigint() - start) / 1000 / BATCH;
}

function compare(
  what: string,
  unit: string,
  rounds: number,
  measure: (count: (typeof COUNTS)[number]) => number,
): void {
  const samples = new Map<number, number[]>(COUNTS.map((count) => [count, []]));
  for (let round = 0; round < rounds; round++) {
    // The order turns, so that none is always the one after another.
    for (const at of COUNTS.keys()) {
      const count = COUNTS[(at + round) % COUNTS.length] ?? 0;
      samples.get(count)?.push(measure(count));
    }
  }
  const medians = COUNTS.map((count) => median(samples.get(count) ?? []));
  const [none = Number.NaN] = medians;
  const cells = medians.map(
    (value, at) => `${COUNTS[at]}: ${value.toFixed(2)} ${unit} (× ${(value / none).toFixed(3)})`,
  );
  console.log(`${what.padEnd(24)}${cells.join(', ')}`);
}

try {
  compare('cold start, CPU', 'ms', COLD_ROUNDS, coldStart);
  for (const count of COUNTS) for (let warm = 0; warm < 40; warm++) decision(count);
  compare('decision', 'µs', WARM_ROUNDS, decision);
} finally {
  rmSync(directory, { recursive: true });
}
