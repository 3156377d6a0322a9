/** Rotations that a test begins and waits for. */
import { setTimeout } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { Deployment } from './deployment.ts';

/** After a rotation, until no signer uses the former key. */
export const SETTLED_MS = 3000;

/** Asks for a rotation, and answers while it waits for its lead. */
export async function rotationBegun(issuer: Deployment): Promise<{ from: string; to: string }> {
  const { steps, holds } = await issuer.operate({ operation: 'rotate', reason: 'a test' });
  if (steps.some(({ step }) => step === 'activate')) {
    // The standby was an old one. The next is fresh.
    await setTimeout(SETTLED_MS);
    return rotationBegun(issuer);
  }
  expect(holds).toMatchObject([{ kind: 'rotation' }]);
  const { keys } = await issuer.keyring();
  const kidOf = (state: string) => keys.find((key) => key.state === state)?.kid ?? '';
  return { from: kidOf('active'), to: kidOf('pending') };
}

/** Ticks until the key is in this state. */
export const ticksUntil = (issuer: Deployment, kid: string, state: string): Promise<void> =>
  vi.waitFor(
    async () => {
      await issuer.tick();
      expect((await issuer.key(kid)).state).toBe(state);
    },
    { timeout: 60_000, interval: 500 },
  );
