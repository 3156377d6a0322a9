import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { keyturn } from '../cli/in-process.ts';
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
  expect(stdout).toMatch(/^ {2}One refused token, of \S{43}:$/m);
  expect(stdout).toMatch(/http-api refused it from 20\S+Z for /);
  const svg = readFileSync(file('keys.svg'), 'utf8');
  expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(svg).toContain('One refused token: http-api refuses it from');
});

test.concurrent('where nobody is declared, it is the one that the check assumes, and it says so', async () => {
  const { status, stdout } = await simulate('--years', '0.6');
  expect(status).toBe(0);
  expect(stdout).toContain('no verifiers are declared; this is API Gateway HTTP API JWT authorizer');
  expect(stdout).toContain('No valid token is refused.');
});

async function simulatePolicy(name: string, policy: object, ...args: string[]) {
  writeFileSync(file(name), JSON.stringify(policy));
  return simulate('--config', file(name), '--unsafe-windows', ...args);
}

test.concurrent('an invariant that is broken is told, though these verifiers were lucky', async () => {
  const { status, stdout } = await simulatePolicy('lucky.json', { publicationLead: '3h', verifiers: ['http-api'] });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^unsafe: publicationLead must be at least/m);
  expect(stdout).toMatch(/^violated: I1: a token of/m);
  expect(stdout).toContain('the promise is BROKEN');
});

test.concurrent('where nothing rotates, nothing is decided', async () => {
  const { status, stdout } = await simulate('--verifiers', 'http-api', '--years', '0.002');
  expect(status).toBe(1);
  expect(stdout).toContain('UNDECIDED: nothing rotated');
});

test.concurrent('a verifier that does not take the algorithm takes no token', async () => {
  const policy = { algorithm: 'ES256', verifiers: ['http-api', 'jose'] };
  const { status, stdout } = await simulatePolicy('es256.json', policy, '--years', '0.6', '--json');
  expect(status).toBe(1);
  const [gateway, jose] = JSON.parse(stdout).verifiers;
  expect(gateway.rejections).toBe(gateway.verifications);
  expect(gateway.misfit).toContain('takes RS256, RS384, RS512, and tokens are signed with ES256');
  expect(jose).toMatchObject({ rejections: 0 });
});

test.concurrent('where keys have no room, it says that nothing rotates', async () => {
  const policy = { grace: '400d', rotationPeriod: '30d', verifiers: ['alb'] };
  const { status, stdout } = await simulatePolicy('room.json', policy, '--years', '2');
  expect(status).toBe(1);
  expect(stdout).toMatch(/^held: at [\d,]+ ticks there was no room for a standby/m);
});

test.concurrent('a key that is not known after its reign needs a longer lead, not a longer grace', async () => {
  const policy = { rotationPeriod: '20h', publicationLead: '15m', verifiers: ['alb'] };
  const { status, stdout } = await simulatePolicy('lead.json', policy, '--years', '0.1');
  expect(status).toBe(1);
  expect(stdout).toContain('widen publicationLead: 15m is too short for Application Load Balancer');
  expect(stdout).not.toContain('widen grace');
});

test.concurrent('a verifier that fetches once keeps a burned key until it restarts', async () => {
  const { stdout } = await simulatePolicy('once.json', { verifiers: ['fetch-once'] }, '--years', '0.6');
  expect(stdout).toMatch(/a verifier that fetches once at its start .* until it restarts$/m);
});

test.concurrent('the life of a refused token is no longer than a token lives', async () => {
  const policy = { publicationLead: '30m', verifiers: ['http-api'] };
  const { stdout } = await simulatePolicy('life.json', policy, '--years', '0.6', '--json');
  const { refused } = JSON.parse(stdout);
  expect(refused.expiresAt - refused.signedAt).toBe(3600);
  expect(refused.since).toBeGreaterThanOrEqual(refused.signedAt);
  expect(refused.until).toBeLessThanOrEqual(refused.expiresAt);
});

describe('three years end in time', () => {
  test.for([
    ['of the default policy', {}],
    ['with a tick each minute', { tick: '1m', verifiers: ['http-api'] }],
  ] as const)('%s', async ([name, policy]) => {
    writeFileSync(file(`${name}.json`), JSON.stringify(policy));
    const before = process.cpuUsage();
    const { status, stdout } = await keyturn('simulate', '--config', file(`${name}.json`));
    const { user, system } = process.cpuUsage(before);
    expect(status).toBe(0);
    expect(stdout).toContain('3 years in virtual time');
    // Of CPU: what else the machine does is not its.
    expect((user + system) / 1e6).toBeLessThan(10);
  });
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
