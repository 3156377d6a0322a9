import { defineConfig } from 'vitest/config';

/** Apart from `npm test`, because packing builds dist anew under whoever is using it. */
export default defineConfig({
  test: {
    include: ['test/package/*.test.ts'],
    globalSetup: ['test/temporary.ts', 'test/package/setup.ts'],
    testTimeout: 120_000,
    // One file after the other: a synthesis has a time to keep.
    fileParallelism: false,
  },
});
