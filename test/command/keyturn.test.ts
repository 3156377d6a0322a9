import { afterAll, expect, test } from 'vitest';
import { Command, endAll } from './process.ts';

afterAll(endAll);

async function run(...args: string[]) {
  const command = new Command(...args);
  const { status } = await command.ended;
  return { status, stdout: command.stdout, stderr: command.stderr };
}

test.concurrent.for([[[]], [['--help']], [['-h']]] as const)('keyturn %j lists its verbs', async ([args]) => {
  const { status, stdout, stderr } = await run(...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: keyturn VERB \[options\]\n\n {2}status +\S/);
  expect(stdout).toMatch(/\n {2}local +run the whole issuer/);
});

test.concurrent('a verb that there is not is named', async () => {
  const { status, stdout, stderr } = await run('locla');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^keyturn: locla is no verb; there are status, .*local\n$/);
});

test.concurrent('and is named to programs', async () => {
  const { status, stdout, stderr } = await run('locla', '--json');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(JSON.parse(stderr)).toEqual({
    code: 'usage',
    message: expect.stringMatching(/^locla is no verb; there are /),
  });
});

test.concurrent.for(['constructor', '__proto__'])('%s is no verb either', async (verb) => {
  expect(await run(verb)).toMatchObject({ status: 2, stdout: '' });
});

test.concurrent('a verb explains itself', async () => {
  const { status, stdout } = await run('local', '--help');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Usage: keyturn local \[options\]\n/);
  expect(stdout).toContain('NOT in KMS');
});

test.concurrent('an option that there is not is named', async () => {
  const { status, stdout, stderr } = await run('local', '--prot', '0');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^keyturn local: .*--prot/);
});
