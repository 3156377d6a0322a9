import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DynamoDb } from '../../lib/local/dynamodb.ts';
import { type Stack, type StackOptions, startStack } from '../../lib/local/stack.ts';

let stack: Stack | undefined;
afterEach(() => stack?.close());

const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
const bundle = join(directory, 'bundle.cjs');
// Says when it starts and when it ends, and how the function was told where it is.
writeFileSync(
  bundle,
  `exports.handler = async (event) => {
    console.log('start');
    await new Promise((resolve) => setTimeout(resolve, event.sleep ?? 60));
    console.log('end');
    return { edge: process.env.EDGE_URL, aws: process.env.AWS_ENDPOINT_URL, event };
  };`,
);

async function start(options: Partial<StackOptions> = {}): Promise<Stack> {
  stack = await startStack({
    tableName: 'keyrings',
    bucketName: 'documents',
    distributionId: 'E1',
    functions: ({ edge }) => [{ name: 'rotate', bundle, environment: { EDGE_URL: edge } }],
    routes: { sign: 'sign', operate: 'operate', rotate: 'rotate' },
    ...options,
  });
  return stack;
}

test('functions are told the addresses of the edge and of AWS', async () => {
  const { url, awsEndpointUrl, invoke } = await start();
  const { payload } = await invoke('rotate', { sleep: 0 });
  expect(JSON.parse(payload)).toEqual({ edge: url, aws: awsEndpointUrl, event: { sleep: 0 } });
});

test('AWS stays on loopback when the public port is open to all', async () => {
  const { url, awsEndpointUrl } = await start({ host: '0.0.0.0' });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(awsEndpointUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test('ticks begin at once, are repeated and never overlap, not even those that are asked for', async () => {
  const lines: string[] = [];
  const ticks: string[] = [];
  const { tick } = await start({
    tickSeconds: 0.05,
    onLog: (_, line) => lines.push(line),
    onTick: ({ payload }) => ticks.push(payload),
  });
  await Promise.all([tick(), tick()]);
  await expect.poll(() => ticks.length).toBeGreaterThan(5);
  await stack?.close();
  const whole = lines.slice(0, ticks.length * 2);
  expect(whole).toEqual(whole.map((_, n) => (n % 2 === 0 ? 'start' : 'end')));
});

test('a closed stack keeps its process from nothing, whether it was closed in a tick or between two', async () => {
  const script = join(directory, 'closes.ts');
  writeFileSync(
    script,
    `import { startStack } from '${new URL('../../lib/local/stack.ts', import.meta.url)}';
     const { promise: ticked, resolve } = Promise.withResolvers();
     const options = {
       tableName: 'keyrings', bucketName: 'documents', distributionId: 'E1', tickSeconds: 3600, onTick: resolve,
       functions: () => [{ name: 'rotate', bundle: '${bundle}', environment: {} }],
       routes: { sign: 'sign', operate: 'operate', rotate: 'rotate' },
     };
     const between = await startStack(options);
     await ticked;
     const inside = await startStack(options);
     await Promise.all([between.close(), inside.close()]);
     console.log('closed');`,
  );
  const running = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 10_000 });
  const [said] = await once(running.stdout, 'data');
  const closedAt = Date.now();
  expect(`${said}`).toBe('closed\n');
  expect(await once(running, 'exit')).toEqual([0, null]);
  expect(Date.now() - closedAt).toBeLessThan(2000);
});

test('without a period the rotate function runs only when asked', async () => {
  const ticks: string[] = [];
  const { tick } = await start({ onTick: ({ payload }) => ticks.push(payload) });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(ticks).toHaveLength(0);
  await tick();
  expect(ticks).toHaveLength(1);
});

test.for([
  ['203.0.113.1', 'is not an address of this machine'],
  ['no-such-host.invalid', 'is not an address of this machine'],
])('%s %s', async ([host, sentence]) => {
  await expect(start({ host: host ?? '' })).rejects.toThrow(sentence);
});

test('closing waits for what the database is doing', async () => {
  const database = await DynamoDb.start('closing');
  const put = (issuer: string) =>
    database.perform(
      {
        method: 'POST',
        path: '/',
        query: new URLSearchParams(),
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'DynamoDB_20120810.PutItem',
          'x-amz-date': '20260101T000000Z',
          authorization:
            'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        },
        body: Buffer.from(JSON.stringify({ TableName: 'closing', Item: { issuer: { S: issuer } } })),
      },
      { operation: 'PutItem' },
    );
  const puts = Array.from({ length: 50 }, (_, index) => put(String(index)));
  await database.close();
  expect(new Set((await Promise.all(puts)).map(({ status }) => status))).toEqual(new Set([200]));
  await expect(put('too late')).rejects.toThrow('the database is closing');
});
