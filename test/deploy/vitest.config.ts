import { defineConfig } from 'vitest/config';

/** Apart from `npm test`, because it wants Python and what PyPI has. */
export default defineConfig({
  test: {
    include: ['test/deploy/*.test.ts'],
    globalSetup: ['test/temporary.ts', 'test/deploy/install.ts'],
    // What takes a minute has to be seen to go on.
    reporters: ['verbose'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
