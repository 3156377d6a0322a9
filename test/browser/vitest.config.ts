import { defineConfig } from 'vitest/config';

/** Apart from `npm test`: it wants a real browser, which it installs where there is none. */
export default defineConfig({
  test: {
    globalSetup: ['test/temporary.ts', 'test/browser/install.ts'],
    include: ['test/browser/*.test.ts'],
    // What comes late on a busy machine comes all the same.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // On two cores: much of the time is waiting for what is drawn.
    maxWorkers: 3,
  },
});
