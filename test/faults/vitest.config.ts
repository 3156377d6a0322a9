import { defineConfig } from 'vitest/config';

/**
 * Apart from `npm test`, which is to be over in two minutes: what the bundles do, in processes of their own, when KMS, the
 * table or a call fails, a change comes in the middle, or somebody kills them.
 */
export default defineConfig({
  test: {
    globalSetup: 'test/temporary.ts',
    include: ['test/faults/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
  },
});
