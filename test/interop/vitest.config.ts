import { defineConfig } from 'vitest/config';

/** Apart from `npm test`: it wants the toolchains of five languages, what they download, and three minutes. */
export default defineConfig({
  test: {
    include: ['test/interop/*.test.ts'],
    globalSetup: 'test/interop/install.ts',
    // What takes minutes has to be seen to go on.
    reporters: ['verbose'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
