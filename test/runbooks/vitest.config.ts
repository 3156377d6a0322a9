import { defineConfig } from 'vitest/config';

/** Apart from `npm test`, which is to be over in two minutes: each runbook is lived through, with the command as processes. */
export default defineConfig({
  test: {
    globalSetup: 'test/temporary.ts',
    include: ['test/runbooks/*.test.ts'],
    // What comes late on a busy machine comes all the same.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
