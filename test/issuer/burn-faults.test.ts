import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fault } from '../../lib/local/endpoint.ts';
import { type Issuer, startSigning } from '../functions/issuer.ts';
import { KeyringItem } from '../functions/keyring-item.ts';
import { burn, publishedKids, servedKids } from '../functions/operating.ts';

// One call of a burn fails once. What the SDK does not repeat, the next tick does; lib/simulator goes through them all.

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256', verifiers: ['jose'] } });
});
afterAll(() => issuer?.close());

const ERROR: Fault = { status: 500, code: 'InternalError', message: 'told to' };
/** Eight and no more: each burn leaves the standby that signed for a moment in grace, and a JWKS holds ten keys. */
const FAULTS: [operation: string, fault: Fault][] = [
  ['PutItem', ERROR],
  ['PutItem', 'drop-after'],
  ['DisableKey', 'drop'],
  ['PutObject', ERROR],
  ['CreateInvalidation', ERROR],
  ['CreateKey', 'drop'],
  ['CreateKey', 'drop-after'],
  ['Invoke', ERROR],
];

test.for(FAULTS)(
  '%s fails once (%j): the key is burned, and a fresh one signs after a tick',
  async ([operation, fault]) => {
    const { kid } = await issuer.sign();
    const table = new KeyringItem(issuer);
    const { keys } = await table.keyring();
    const arn = keys.find((key) => key.kid === kid)?.keyArn;
    const before = await servedKids(issuer);

    let failures = 0;
    issuer.before = (call) => {
      if (call.operation !== operation || failures > 0) return undefined;
      failures++;
      return fault;
    };
    await burn(issuer, { kid });
    issuer.before = undefined;
    expect(failures).toBe(1);
    expect(publishedKids(issuer)).not.toContain(kid);
    expect(issuer.kms.operations.DescribeKey?.({ KeyId: arn })).toMatchObject({
      KeyMetadata: { KeyState: 'Disabled' },
    });

    await issuer.report();
    expect(await servedKids(issuer)).not.toContain(kid);
    const next = await issuer.sign();
    expect(before).not.toContain(next.kid);
    const after = await table.keyring();
    expect(after.keys.filter(({ state }) => state === 'active')).toHaveLength(1);
    expect(after.keys.filter(({ state }) => state === 'pending')).toHaveLength(1);
    expect((await issuer.report()).holds).toEqual([]);
  },
);
