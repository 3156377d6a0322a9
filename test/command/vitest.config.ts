import { defineConfig } from 'vitest/config';

/** Apart from `npm test`, which is to be over in two minutes: the keyturn command and the CDK app, as processes. */
export default defineConfig({
  test: {
    globalSetup: 'test/temporary.ts',
    include: ['test/command/*.test.ts'],
    // What comes late on a busy machine comes all the same.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
  },
});
