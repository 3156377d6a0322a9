import { defineConfig } from 'vitest/config';

/** Apart from `npm test`: it wants a real browser, which it installs where there is none. */
export default defineConfig({
  test: {
    globalSetup: ['test/temporary.ts', 'test/browser/install.ts'],
    include: ['test/browser/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
