import { defineConfig } from 'vitest/config';

/** The unit tests of lib/core alone: what they miss, the simulator may still notice. */
export default defineConfig({ test: { include: ['test/core/*.test.ts'], testTimeout: 120_000 } });
