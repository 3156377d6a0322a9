import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvocationType, InvokeCommand, type InvokeCommandInput } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Endpoint } from '../../lib/local/endpoint.ts';
import { Lambda } from '../../lib/local/lambda.ts';
import { LambdaApi } from '../../lib/local/lambda-api.ts';
import { clients } from './clients.ts';

const HANDLER = `
let runs = 0;
exports.handler = async (event, context) => {
  runs += 1;
  if (event?.log) console.log(event.log === 'pid' ? process.pid : event.log);
  if (event?.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  if (event?.exit !== undefined) process.exit(event.exit);
  if (event?.throw) throw Object.assign(new Error('the reason'), { name: event.throw });
  return { runs, pid: process.pid, context, remaining: context.getRemainingTimeInMillis(), env: { ...process.env }, hour: new Date(0).getHours() };
};`;

interface Report {
  runs: number;
  pid: number;
  context: Record<string, string>;
  remaining: number;
  env: Record<string, string>;
  hour: number;
}

const logged: string[] = [];
const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
let lambda: Lambda;
const endpoint = new Endpoint({ lambda: new LambdaApi(() => lambda) }, {});
let client: ReturnType<typeof clients>['lambda'];
let url: string;

beforeAll(async () => {
  const bundle = join(directory, 'handler.cjs');
  writeFileSync(bundle, HANDLER);
  const broken = join(directory, 'broken.cjs');
  writeFileSync(broken, `throw Object.assign(new Error('SIGN_KEY is not set'), { name: 'environment_invalid' });`);
  const empty = join(directory, 'empty.cjs');
  writeFileSync(empty, '');
  process.env.SECRET_OF_THE_DEVELOPER = 'x';
  url = await endpoint.listen();
  ({ lambda: client } = clients(url));
  lambda = new Lambda(
    [
      { name: 'warm', bundle, environment: { ISSUER: 'https://i' }, aliases: ['any'], memoryMegabytes: 256 },
      { name: 'crowd', bundle, environment: {}, maxEnvironments: 2 },
      { name: 'slow', bundle, environment: {}, timeoutSeconds: 1.5, maxEnvironments: 1 },
      { name: 'broken', bundle: broken, environment: {} },
      { name: 'empty', bundle: empty, environment: {} },
    ],
    url,
    (name, line) => logged.push(`${name}: ${line}`),
  );
});
afterAll(async () => {
  lambda.close();
  await endpoint.close();
});

async function invoke(FunctionName: string, event: unknown = {}, input: Partial<InvokeCommandInput> = {}) {
  const answer = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...input }));
  return { ...answer, result: JSON.parse(answer.Payload?.transformToString() || 'null') };
}
const report = async (name: string, event?: unknown): Promise<Report> => (await invoke(name, event)).result;
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('an environment is used again while it is warm', async () => {
  const first = await report('warm');
  const second = await report('warm');
  expect(second).toMatchObject({ pid: first.pid, runs: first.runs + 1 });
});

test('a handler sees what Lambda shows it, and nothing of the shell that started it', async () => {
  const { env, hour, remaining, context } = await report('warm');
  expect(env).toMatchObject({
    ISSUER: 'https://i',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'warm',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_ACCESS_KEY_ID: 'AKIALOCALwarm',
    AWS_ENDPOINT_URL: url,
    TZ: ':UTC',
  });
  for (const name of ['HOME', 'NODE_OPTIONS', 'SECRET_OF_THE_DEVELOPER', 'VITEST']) expect(env[name]).toBeUndefined();
  expect(hour).toBe(0);
  expect(remaining).toBeGreaterThan(25_000);
  expect(remaining).toBeLessThanOrEqual(30_000);
  expect(context).toMatchObject({ functionName: 'warm', functionVersion: '$LATEST', memoryLimitInMB: '256' });
  expect(context.awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
});

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:warm';

test.for([
  ['warm', undefined, ARN],
  [ARN, undefined, ARN],
  ['000000000000:function:warm', undefined, ARN],
  ['warm:any', undefined, `${ARN}:any`],
  [`${ARN}:any`, undefined, `${ARN}:any`],
  ['warm', 'any', `${ARN}:any`],
])('%s with qualifier %s is invoked as %s', async ([name = '', Qualifier, arn]) => {
  const { result, ExecutedVersion } = await invoke(name, {}, { Qualifier });
  expect(result.context.invokedFunctionArn).toBe(arn);
  expect(ExecutedVersion).toBe(arn === ARN ? '$LATEST' : '1');
});

test.for(['nobody', 'warm:nobody', `${ARN}:nobody`])('%s is not found', async (name) => {
  await expect(invoke(name)).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
});

test('environments are started up to the maximum, and then events wait', async () => {
  const started = Date.now();
  const reports = await Promise.all(Array.from({ length: 6 }, () => report('crowd', { sleep: 100 })));
  expect(new Set(reports.map(({ pid }) => pid)).size).toBe(2);
  expect(Math.max(...reports.map(({ runs }) => runs))).toBeGreaterThanOrEqual(3);
  expect(Date.now() - started).toBeGreaterThanOrEqual(300);
});

test('what a handler throws is the payload of a function error', async () => {
  const { FunctionError, StatusCode, result } = await invoke('warm', { throw: 'no_active_key' });
  expect({ FunctionError, StatusCode }).toEqual({ FunctionError: 'Unhandled', StatusCode: 200 });
  expect(result).toMatchObject({ errorType: 'no_active_key', errorMessage: 'the reason' });
  expect(result.trace[0]).toContain('the reason');
});

test('a handler that exits takes its environment along, and the next event finds a new one', async () => {
  const { result } = await invoke('warm', { exit: 3 });
  expect(result).toMatchObject({
    errorType: 'Runtime.ExitError',
    errorMessage: 'Runtime exited with error: exit status 3',
  });
  expect(await report('warm')).toMatchObject({ runs: 1 });
});

test('a bundle that does not load says why', async () => {
  expect((await invoke('broken')).result).toMatchObject({
    errorType: 'environment_invalid',
    errorMessage: 'SIGN_KEY is not set',
  });
  expect((await invoke('empty')).result).toMatchObject({ errorType: 'Runtime.HandlerNotFound' });
});

test('past its time limit the environment is killed', async () => {
  const { pid } = await report('slow');
  const { result, FunctionError } = await invoke('slow', { sleep: 5000 });
  expect(FunctionError).toBe('Unhandled');
  expect(result).toMatchObject({ errorType: 'Sandbox.Timedout' });
  expect(result.errorMessage).toMatch(/^Task timed out after 1\.\d\d seconds$/);
  await expect.poll(() => isAlive(pid)).toBe(false);
  expect(await report('slow')).toMatchObject({ runs: 1 });
});

test('kill ends every environment in the middle of its work', async () => {
  const { pid } = await report('crowd');
  const busy = invoke('crowd', { sleep: 5000 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  lambda.kill('crowd');
  expect((await busy).result).toMatchObject({ errorType: 'Runtime.ExitError' });
  await expect.poll(() => isAlive(pid)).toBe(false);
  expect(await report('crowd')).toMatchObject({ runs: 1 });
});

test('once closed, events that still wait start nothing', async () => {
  const closed = new Lambda(
    [{ name: 'f', bundle: join(directory, 'handler.cjs'), environment: {}, maxEnvironments: 1 }],
    url,
    () => {},
  );
  const events = Array.from({ length: 3 }, () => closed.invoke('f', '{"sleep":5000}'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  closed.close();
  const [running, ...waiting] = await Promise.allSettled(events);
  expect(running).toMatchObject({ value: { functionError: 'Unhandled' } });
  for (const outcome of waiting) expect(outcome).toMatchObject({ reason: { code: 'ServiceException' } });
});

test('lines of output reach the log with the name of their function', async () => {
  await invoke('warm', { log: 'one\ntwo' });
  await expect.poll(() => logged).toEqual(expect.arrayContaining(['warm: one', 'warm: two']));
});

test('an event may be left there, or only be asked about', async () => {
  const left = await invoke('warm', { log: 'left there' }, { InvocationType: InvocationType.Event });
  expect(left).toMatchObject({ StatusCode: 202 });
  await expect.poll(() => logged).toContain('warm: left there');
  expect(await invoke('warm', {}, { InvocationType: InvocationType.DryRun })).toMatchObject({ StatusCode: 204 });
});

test('an event that is not JSON is refused, and one that is too large', async () => {
  const failure = invoke('warm', {}, { Payload: '{' });
  await expect(failure).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
  const large = invoke('warm', 'x'.repeat(6_291_557));
  await expect(large).rejects.toMatchObject({ name: 'RequestTooLargeException', $metadata: { httpStatusCode: 413 } });
});

test('no environment outlives the process that started it', async () => {
  const script = join(directory, 'parent.ts');
  const lib = new URL('../../lib/local/lambda.ts', import.meta.url).href;
  // It tells the environment's pid once that is busy: an idle one would end by itself.
  writeFileSync(
    script,
    `import { Lambda } from '${lib}';
     const definition = { name: 'f', bundle: '${join(directory, 'handler.cjs')}', environment: {} };
     const lambda = new Lambda([definition], 'http://127.0.0.1:1', (_, line) => console.log(line));
     await lambda.invoke('f', '{"log":"pid","sleep":60000}');`,
  );
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
});
