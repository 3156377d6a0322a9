import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'test/temporary.ts',
    include: ['test/**/*.test.ts'],
    // They have their own: packing builds dist anew, others want more than Node, and runbooks take their time.
    exclude: [
      ...configDefaults.exclude,
      ...['package', 'deploy', 'callers', 'interop', 'runbooks', 'browser', 'issuer', 'command'].map(
        (folder) => `test/${folder}/**`,
      ),
    ],
    // What comes late on a busy machine comes all the same.
    expect: { poll: { timeout: 10_000 } },
    // Only to end what hangs: real keys are generated and real processes are started on whatever the machine has left.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // On two cores, the least that is expected: much of the time is waiting for processes.
    maxWorkers: 3,
  },
});
