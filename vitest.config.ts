import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real keys are generated and real processes are started in these tests; two slow cores must be enough.
    testTimeout: 30_000,
    // Much of the time is waiting for processes; one core fewer, which is the default, would leave half of two idle.
    maxWorkers: '100%',
  },
});
