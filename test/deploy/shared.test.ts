/** Two issuers of one domain, on one distribution: each with its own keys, documents and functions. */
import { beforeAll, expect, test } from 'vitest';
import { issuersOf } from '../../lib/aws/stack-outputs.ts';
import type { Deployment } from './deployment.ts';
import { ISSUER, WINDOWS } from './windows.ts';
import { emulatedAccount } from './world.ts';

const account = emulatedAccount();
let staff: Deployment;
let machines: Deployment;

beforeAll(async () => {
  staff = await account.deploy({ config: { ...WINDOWS, issuer: `${ISSUER}/staff` }, sibling: `${ISSUER}/machines` });
  const outputs = issuersOf(staff.outputs).find(({ IssuerUrl }) => IssuerUrl === `${ISSUER}/machines`) ?? {};
  machines = staff.with(outputs);
});

test('each signs with a key of its own document', async () => {
  expect(machines.output('DistributionId')).toBe(staff.output('DistributionId'));
  expect(machines.output('TableName')).not.toBe(staff.output('TableName'));
  for (const issuer of [staff, machines]) {
    const { payload } = await issuer.verify((await issuer.sign()).token);
    expect(payload.iss).toBe(issuer.output('IssuerUrl'));
  }
  expect(machines.output('IssuerUrl')).toBe(`${ISSUER}/machines`);
});

test('no token of one verifies with the other', async () => {
  for (const [one, other] of [
    [staff, machines],
    [machines, staff],
  ] as const) {
    const { token } = await one.sign();
    await expect(other.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  }
});
