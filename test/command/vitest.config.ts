import { defineConfig } from 'vitest/config';

/** Apart from `npm test`, which is to be over in two minutes: the keyturn command and the CDK app, as processes. */
export default defineConfig({
  test: {
    globalSetup: 'test/temporary.ts',
    include: ['test/command/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
  },
});
