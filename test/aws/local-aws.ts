/** The AWS endpoints of lib/local in this process, with a function for each thing that a canary can meet. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../../lib/local/stack.ts';
import { CANARIES, CANARY_BUNDLE, canaryAliases } from './canaries.ts';
import type { AwsUnderTest } from './under-test.ts';

export async function localAws(): Promise<AwsUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-conformance-'));
  const bundle = join(directory, 'canaries.cjs');
  writeFileSync(bundle, CANARY_BUNDLE);
  const stack = await startStack({
    tableName: 'keyrings',
    bucketName: 'documents',
    distributionId: 'E1CONFORMANCE',
    edgeErrorSeconds: 0,
    routes: { sign: 'ready', operate: 'ready', rotate: 'ready' },
    functions: () =>
      Object.keys(CANARIES).map((name) => ({
        name,
        bundle,
        environment: { HANDLER: name },
        aliases: canaryAliases(name),
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
