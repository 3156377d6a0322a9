/** What clients cost the sign function: its shipped bundle without any, with one, and with a hundred. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientRules, type Clients, readClients } from '../../lib/core/clients.ts';
import { secretNames } from '../../lib/core/names.ts';
import { DEFAULT_LIMITS, parseSignRequest, type RequestLimits } from '../../lib/core/request.ts';
import { SHIPPED } from '../bundles.ts';
import { interleave, median, noiseOf, ratio } from '../interleave.ts';
import type { Part, Row } from '../row.ts';

const COUNTS = { none: 0, 'none again': 0, one: 1, 'a hundred': 100 } as const;
type Name = keyof typeof COUNTS;
const NAMES = Object.keys(COUNTS) as Name[];
const COLD_ROUNDS = 35;
const WARM_ROUNDS = 420;
const BATCH = 500;

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

const policy = { issuer: 'https://auth.example.com', tokenLifetime: '15m', maxTokenLifetime: '1h' };
const environment = {
  KEYTURN_POLICY: JSON.stringify({ ...policy, signerCache: '30s', signingLatency: '30s' }),
  KEYTURN_TABLE: 'keyturn',
  AWS_REGION: 'us-east-1',
};
const limits: RequestLimits = {
  ...DEFAULT_LIMITS,
  tokenLifetime: 900,
  maxTokenLifetime: 3600,
  secretClaims: secretNames(DEFAULT_LIMITS.secretClaims),
};

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  try {
    const fileOf = (count: number) => join(directory, `${count}.json`);
    for (const count of Object.values(COUNTS)) writeFileSync(fileOf(count), JSON.stringify(rulesOf(count)));
    const cold = await interleave(
      NAMES,
      COLD_ROUNDS,
      (name) => coldStart(COUNTS[name], fileOf(COUNTS[name])),
      (round, rounds) => onProgress((0.9 * round) / rounds),
    );
    const tables = new Map(Object.values(COUNTS).map((count) => [count, readClients(rulesOf(count))]));
    const decide = (name: Name) => decision(tables.get(COUNTS[name]), aliasOf(COUNTS[name]));
    await interleave(NAMES, 40, decide);
    const warm = await interleave(NAMES, WARM_ROUNDS, decide);
    const again = ratio(cold, 'none again', 'none');
    return [
      {
        what: 'cold start up to a refusal, with one client against none',
        ...{ ...ratio(cold, 'one', 'none'), unit: 'x', note: `${median(cold.one).toFixed(0)} ms of CPU` },
      },
      {
        what: 'the same with a hundred clients',
        ...{ ...ratio(cold, 'a hundred', 'none'), unit: 'x', goal: 1.15, noise: noiseOf(again) },
        note: `${median(cold['a hundred']).toFixed(0)} ms of CPU`,
      },
      { what: 'no clients against themselves', ...again, unit: 'x', note: 'the noise' },
      { what: 'a decision, without clients', value: median(warm.none), unit: 'µs' },
      { what: 'a decision, with a hundred clients', value: median(warm['a hundred']), unit: 'µs', goal: 10 },
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Milliseconds of CPU. */
function coldStart(count: number, file: string): number {
  const env = { ...environment, ...(count > 0 && { KEYTURN_CLIENTS: file }) };
  // Standard error: the function's own log has the other.
  const script = `exec "$0" -e "$1" "$2" "$3" 2>&1 >/dev/null`;
  const args = ['-c', script, process.execPath, PROGRAM, SHIPPED, aliasOf(count)];
  const { name, cpu } = JSON.parse(execFileSync('/bin/sh', args, { env, encoding: 'utf8' }));
  if (name !== 'reserved_claim') throw new Error(`a refusal of another kind: ${name}`);
  return cpu;
}

/** Microseconds for a request that is allowed: who asks, and whether he may. */
function decision(clients: Clients | undefined, alias: string): number {
  const start = process.hrtime.bigint();
  for (let turn = 0; turn < BATCH; turn++) parseSignRequest(REQUEST, limits, clients?.get(alias));
  return Number(process.hrtime.bigint() - start) / 1000 / BATCH;
}

export const clients: Part = { name: 'clients', title: 'many clients', run };
