import { defineConfig } from 'vitest/config';

/**
 * Apart from `npm test`, which is to be over in two minutes: a whole issuer in processes of its own, for each algorithm, while
 * somebody rotates and burns, while KMS, the table or a call fails, and when it is killed.
 */
export default defineConfig({
  test: {
    globalSetup: 'test/temporary.ts',
    include: ['test/issuer/*.test.ts'],
    // What comes late on a busy machine comes all the same.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
  },
});
