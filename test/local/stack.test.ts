import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stack, startStack } from '../../lib/local/stack.ts';

const BUNDLE = `
exports.handler = async (event, context) => {
  if (event?.fail) throw Object.assign(new Error('told to'), { name: event.fail });
  if (event?.requestContext) {
    const body = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body;
    return { statusCode: 201, headers: { 'X-Alias': context.invokedFunctionArn.split(':')[7] }, body: JSON.stringify({ body, event }) };
  }
  console.log('ran ' + context.functionName);
  return { function: context.functionName, event, edge: process.env.EDGE_URL };
};`;

let stack: Stack;
const logged: string[] = [];

beforeAll(async () => {
  const bundle = join(mkdtempSync(join(tmpdir(), 'keyturn-')), 'bundle.cjs');
  writeFileSync(bundle, BUNDLE);
  stack = await startStack({
    tableName: 'keyrings',
    bucketName: 'documents',
    distributionId: 'E1',
    functions: ({ edge }) => [
      { name: 'sign', bundle, environment: {}, aliases: ['any'] },
      { name: 'operate', bundle, environment: {} },
      { name: 'rotate', bundle, environment: { EDGE_URL: edge } },
    ],
    routes: { sign: 'sign:any', operate: 'operate', rotate: 'rotate' },
    onLog: (name, line) => logged.push(`${name}: ${line}`),
  });
});
afterAll(() => stack.close());

const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(stack.url + path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

test('POST /sign goes through the function URL of the alias', async () => {
  const response = await post('/sign?a=1&a=2', '{"audience":"x"}');
  expect(response.status).toBe(201);
  expect(response.headers.get('x-alias')).toBe('any');
  const { body, event } = (await response.json()) as { body: string; event: Record<string, unknown> };
  expect(body).toBe('{"audience":"x"}');
  expect(event).toMatchObject({
    version: '2.0',
    rawPath: '/',
    queryStringParameters: { a: '1,2' },
    isBase64Encoded: false,
    requestContext: { http: { method: 'POST', path: '/' } },
  });
});

test('a form and bytes that are not UTF-8 reach the function in base64', async () => {
  const form = (await (await post('/sign', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' })).json()) as {
    event: object;
  };
  expect(form.event).toMatchObject({ isBase64Encoded: true, body: 'YT1i' });
  const bytes = (await (await post('/sign', Buffer.from([0xff, 0x00]))).json()) as { event: object };
  expect(bytes.event).toMatchObject({ isBase64Encoded: true, body: '/wA=' });
});

test('POST /rotate runs a tick and answers with its report', async () => {
  const response = await post('/rotate', '');
  expect(await response.json()).toEqual({ function: 'rotate', event: {}, edge: stack.url });
  await expect.poll(() => logged).toContain('rotate: ran rotate');
});
