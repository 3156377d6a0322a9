import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Apart from `npm test`: it wants the toolchains of five languages, what they download, and three minutes. */
export default defineConfig({
  // As the examples import it; what is packed is tried in test/package.
  resolve: {
    alias: { 'keyturn/verifier': fileURLToPath(new URL('../../lib/sdk/verifier/index.ts', import.meta.url)) },
  },
  test: {
    globalSetup: 'test/temporary.ts',
    include: ['test/interop/*.test.ts'],
    // What takes minutes has to be seen to go on.
    reporters: ['verbose'],
    testTimeout: 600_000,
    // With nothing in any cache, five languages download what they need.
    hookTimeout: 1_200_000,
  },
});
