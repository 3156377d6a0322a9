/** What `keyturn status` asks IAM's simulator is what the deployed roles are for: all of it allowed, and nothing left out. */
import { expect, test } from 'vitest';
import { roleNeeds } from '../../lib/aws/role-needs.ts';
import { tickItem } from '../../lib/aws/tick-records.ts';
import { ALGORITHM_NAMES } from '../../lib/core/algorithms.ts';
import { parsePolicy } from '../../lib/core/config.ts';
import { ACCOUNT, REGION } from '../../lib/local/wire.ts';
import { addKeys, OURS } from './denied-keys.ts';
import { deployed } from './deployed.ts';
import { ISSUER, keyArn, rolesOf } from './names.ts';
import { requestOf } from './recorder.ts';

const { account } = deployed();
addKeys(account);

const resources = {
  policy: parsePolicy({ issuer: ISSUER, algorithm: 'ES256' }),
  key: { keyArn: OURS.on, algorithm: 'ES256' },
  tableName: 'IssuerTable',
  bucketName: 'IssuerDocumentsBucket',
  distributionId: 'IssuerDocumentsDistribution',
  signFunctionName: 'IssuerSign',
} as const;
const NEEDS = Object.entries(roleNeeds(resources)) as [keyof ReturnType<typeof roleNeeds>, never][];

const asked = Object.entries(roleNeeds(resources)).flatMap(([role, needs]) =>
  needs.flatMap(({ actions, resource, context }) =>
    actions.map((action) => {
      const lowered = Object.fromEntries(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
      const principal = { arn: rolesOf(ISSUER)[role as 'signer'] };
      // The bucket wants a condition of whoever writes; the simulator is not told of its policy.
      const conditional = action === 's3:PutObject' ? { 's3:if-match': '"etag"', 's3:if-none-match': null } : {};
      const asks = { action, resource, context: { ...lowered, ...conditional } as never };
      return { role, request: requestOf(principal, asks) };
    }),
  ),
);

test.each(asked)('$role may $request.action', ({ request }) => {
  expect(account.decide(request).allowed).toBe(true);
});

test.each(NEEDS.map(([role]) => role))('nothing that the %s is allowed is left out', (role) => {
  const owner = `IssuerRoles${role.charAt(0).toUpperCase()}${role.slice(1)}`;
  const allowed = account.statements
    .filter(({ id, effect }) => effect === 'Allow' && id.startsWith(`${owner} `))
    .flatMap(({ actions: { patterns } }) => patterns.map((pattern) => pattern.toLowerCase()));
  // Its log, its trust, the queue of failures and the bus are beside what it is for: no tick waits for them.
  const core = allowed.filter((action) => !/^(logs|sqs|events|sts):/.test(action));
  const own = asked.filter((one) => one.role === role).map(({ request }) => request.action.toLowerCase());
  expect([...new Set(own)].sort()).toEqual([...new Set(core)].sort());
});

test('the rotator is asked about the record of its ticks too', () => {
  const items = roleNeeds(resources).rotator.flatMap(({ context }) => context['dynamodb:LeadingKeys'] ?? []);
  expect(items).toEqual([ISSUER, tickItem(ISSUER)]);
});

test.each(ALGORITHM_NAMES)('the kinds of a key of %s are known', (algorithm) => {
  const key = { keyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/x`, algorithm };
  const [sign] = roleNeeds({ ...resources, key }).signer;
  expect(sign?.context['kms:SigningAlgorithm']).toEqual(expect.any(String));
  expect(sign?.resource).not.toBe(keyArn('Issuer-ES256'));
});
