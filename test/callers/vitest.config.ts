import { defineConfig } from 'vitest/config';

/** Apart from `npm test`, because it wants Python, Go and Java, and what PyPI, proxy.golang.org and Maven Central have. */
export default defineConfig({
  test: {
    globalSetup: 'test/temporary.ts',
    include: ['test/callers/*.test.ts'],
    maxWorkers: 3,
    // What takes a minute has to be seen to go on.
    reporters: ['verbose'],
    testTimeout: 120_000,
    // A first build downloads an SDK and compiles it.
    hookTimeout: 600_000,
  },
});
