import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Command, endAll } from './process.ts';

afterAll(endAll);

async function simulate(...args: string[]) {
  const command = new Command('simulate', ...args);
  const { status } = await command.ended;
  return { status, stdout: command.stdout, stderr: command.stderr };
}
const file = (name: string) => join(tmpdir(), `keyturn-simulate-${process.pid}-${name}`);

test.concurrent('a safe policy: nobody refuses anything', async () => {
  const { status, stdout, stderr } = await simulate(
    '--verifiers',
    'alb,http-api,jose,go-oidc',
    '--years',
    '0.6',
    '--json',
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { verifiers, violated, rotations } = JSON.parse(stdout);
  expect(violated).toEqual([]);
  expect(rotations).toBeGreaterThan(2);
  expect(verifiers).toMatchObject([
    { verifier: 'alb', rejections: 0, exposure: 86_400 + 3960 + 600 },
    { verifier: 'http-api', rejections: 0, exposure: 7200 + 3960 + 600 },
    { verifier: 'jose', rejections: 0, exposure: 600 + 3960 + 600 },
    { verifier: 'go-oidc', rejections: 0, exposure: 'fresh-kid' },
  ]);
});

test.concurrent('a lead that is too short: who refuses, from when to when, and what to widen', async () => {
  writeFileSync(file('short.json'), JSON.stringify({ publicationLead: '30m', verifiers: ['http-api', 'get-jwks'] }));
  const args = ['--config', file('short.json'), '--unsafe-windows', '--years', '0.6', '--svg', file('keys.svg')];
  const { status, stdout } = await simulate(...args);
  expect(status).toBe(1);
  expect(stdout).toMatch(/API Gateway HTTP API JWT authorizer: [\d,]+, from 20\S+Z to 20\S+Z/);
  expect(stdout).toContain(
    'widen publicationLead: 30m is too short for API Gateway HTTP API JWT authorizer, it takes 3h16m',
  );
  expect(stdout).toMatch(/for example a token of \S{43}, refused by http-api/);
  const svg = readFileSync(file('keys.svg'), 'utf8');
  expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(svg).toContain('http-api refuses tokens of');
});

test.concurrent.for([
  ['a verifier that there is not', 2, ['--verifiers', 'alb,nobody'], 'verifier "nobody" is not known; there are alb'],
  ['one for which no rotation is safe', 1, ['--verifiers', 'fetch-once'], 'never fetches the JWKS again'],
  ['years that are none', 2, ['--years', 'many'], '--years must be a number up to 20, got many'],
  ['a file that is not there', 2, ['--config', '/nowhere/x.json'], '/nowhere/x.json cannot be read: ENOENT'],
] as const)('%s is refused', async ([, code, args, sentence]) => {
  const { status, stdout, stderr } = await simulate(...args);
  expect(status).toBe(code);
  expect(stdout).toBe('');
  expect(stderr).toContain(sentence);
});
