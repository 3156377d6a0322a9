/** The AWS endpoints of lib/local in this process, with a function for each thing that a canary can meet. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../../lib/local/stack.ts';
import type { AwsUnderTest } from './under-test.ts';

/** By name, the body of a handler. */
const FUNCTIONS = {
  ready: `if (!context.invokedFunctionArn.endsWith(':canary')) throw new Error('for the rotator only');
    if (JSON.stringify(event) !== '{"key":"standby"}') throw new Error('a canary has no other say in it');
    return { token: 'aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl', kid: 'k' };`,
  'without-standby': `throw Object.assign(new Error('there is no pending key'), { name: 'no_pending_key' });`,
  throws: `throw new TypeError('x is not a function');`,
  'throws-text': `throw 'no';`,
  null: 'return null;',
  empty: 'return {};',
  number: 'return { token: 1 };',
  exits: 'process.exit(3);',
  'no-alias': `return { token: 'a.b.c' };`,
};

export async function localAws(): Promise<AwsUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-conformance-'));
  const bundle = join(directory, 'canaries.cjs');
  const handlers = Object.entries(FUNCTIONS).map(
    ([name, body]) => `${JSON.stringify(name)}: (event, context) => {${body}}`,
  );
  writeFileSync(
    bundle,
    `const handlers = {${handlers.join(',\n')}};
     exports.handler = async (event, context) => handlers[process.env.HANDLER](event, context);`,
  );
  const stack = await startStack({
    tableName: 'keyrings',
    bucketName: 'documents',
    distributionId: 'E1CONFORMANCE',
    edgeErrorSeconds: 0,
    routes: { sign: 'ready', operate: 'ready', rotate: 'ready' },
    functions: () =>
      Object.keys(FUNCTIONS).map((name) => ({
        name,
        bundle,
        environment: { HANDLER: name },
        aliases: name === 'no-alias' ? ['any'] : ['any', 'canary'],
      })),
  });
  return {
    endpoint: stack.awsEndpointUrl,
    accountId: '000000000000',
    tableName: 'keyrings',
    bucketName: 'documents',
    distributionId: 'E1CONFORMANCE',
    edgeUrl: stack.url,
    close: async () => {
      await stack.close();
      rmSync(directory, { recursive: true });
    },
  };
}
