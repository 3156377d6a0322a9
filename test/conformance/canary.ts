/** What every Canary has to do. */
import { describe, expect, test } from 'vitest';
import type { Canary } from '../../lib/core/ports.ts';
import { expectRefusal } from './refusal.ts';

/** One canary for each situation that the implementation knows. */
export interface CanariesUnderTest {
  /** A standby is there and can sign. */
  readonly ready: () => Promise<Canary>;
  /** The signer refuses: it has no standby. */
  readonly withoutStandby: () => Promise<Canary>;
  /** The signer breaks down in a way that is none of its own words. */
  readonly broken?: Readonly<Record<string, () => Promise<Canary>>>;
  /** It cannot be asked at all. */
  readonly unasked?: Readonly<Record<string, () => Promise<Canary>>>;
}

export function canary(name: string, { ready, withoutStandby, broken = {}, unasked = {} }: CanariesUnderTest): void {
  describe(`${name}: canary`, () => {
    test('answers with the token', async () => {
      expect(await (await ready()).token()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    });

    test("the signer's own refusal keeps its code and its reason", async () => {
      const refusal = await expectRefusal((await withoutStandby()).token(), 'no_pending_key');
      expect(refusal.message).toMatch(/pending key|standby/);
    });

    test.for(Object.entries(broken))('%s: function_failed', async ([, canary]) => {
      await expectRefusal((await canary()).token(), 'function_failed');
    });

    test.for(Object.entries(unasked))('%s: no token', async ([, canary]) => {
      await expect((await canary()).token()).rejects.toBeInstanceOf(Error);
    });
  });
}
