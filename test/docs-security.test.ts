/** The control policies of docs/security.md bind who they are to bind, and none of the roles that the template makes. */
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { statementsOf as templateStatements } from './cdk/statements.ts';
import { ISSUER, templateOf } from './cdk/synth.ts';
import type { Context } from './iam/conditions.ts';
import { decide } from './iam/decide.ts';
import { type Statement, statementsOf } from './iam/policy.ts';

const TEXT = readFileSync(new URL('../docs/security.md', import.meta.url), 'utf8');
const documents = [...TEXT.matchAll(/^```json\n(.*?)^```/gms)]
  .map(([, json = '']) => JSON.parse(json) as { Statement?: readonly { Principal?: unknown }[] })
  .filter(({ Statement }) => Statement);
const isOnResource = (document: (typeof documents)[number]) => document.Statement?.[0]?.Principal !== undefined;
const service = documents
  .filter((document) => !isOnResource(document))
  .flatMap((one) => statementsOf('SCP', one, 'onIdentity'));
const resource = documents.filter(isOnResource).flatMap((one) => statementsOf('RCP', one, 'onResource'));
const [ANYTHING] = statementsOf(
  'anything',
  { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
  'onIdentity',
) as [Statement];

const ACCOUNT = '111122223333';
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const FUNCTION = `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:Keyturn-IssuerSignE39896B3-EXAMPLE`;
/** One that the pattern fits. */
const like = (pattern: string) => pattern.replaceAll('::*:', `::${ACCOUNT}:`).replaceAll('*', 'x');

/** By which statements somebody who may do anything may not. */
function denials(arn: string, action: string, on: string, context: Context = {}): string[] {
  const known: Context = {
    'aws:principalarn': arn,
    'aws:principalisawsservice': 'false',
    'aws:resourcetag/keyturn:issuer': ISSUER,
    'lambda:sourcefunctionarn': null,
    ...context,
  };
  const ofResource = { account: ACCOUNT, statements: resource, isTheOnlyWay: false };
  const { allowed, because } = decide(
    { principal: { arn }, action, resource: on, context: known },
    [ANYTHING, ...service],
    ofResource,
  );
  return allowed ? [] : because.map(({ id }) => id);
}

/** Whom a statement lets through. */
const exceptions = ({ conditions }: Statement) =>
  conditions
    .filter(({ operator, key }) => operator === 'ArnNotLike' && key === 'aws:principalarn')
    .flatMap(({ values }) => values);
const cases = (statement: Statement) =>
  statement.actions.patterns.flatMap((action) => statement.resources.patterns.map((on) => [action, like(on)] as const));

describe('an administrator and the root user are bound, an exception is not', () => {
  test.each(service.filter((one) => exceptions(one).length > 0).map((one) => [one.id, one] as const))(
    '%s',
    (id, statement) => {
      for (const [action, on] of cases(statement)) {
        for (const arn of [role('Administrator'), ROOT])
          expect(denials(arn, action, on), `${arn} ${action}`).toContain(id);
        for (const arn of exceptions(statement))
          expect(denials(like(arn), action, on), `${arn} ${action}`).not.toContain(id);
      }
    },
  );
});

test('the signer signs from its function and from nowhere else', () => {
  const signer = role('keyturn-auth-example-com-1ce18487-signer');
  const from = (arn: string | null) => denials(signer, 'kms:Sign', '*', { 'lambda:sourcefunctionarn': arn });
  expect(from(FUNCTION)).toEqual([]);
  expect(from(FUNCTION.replace('Keyturn-', 'own-'))).toEqual(['SCP TheSignerSignsFromItsFunctionOnly']);
  expect(from(null)).toEqual(['SCP TheSignerSignsFromItsFunctionOnly']);
});

test('keys that are not the issuer’s are nobody’s business', () => {
  const asked = denials(role('Administrator'), 'kms:PutKeyPolicy', '*', { 'aws:resourcetag/keyturn:issuer': null });
  expect(asked).toEqual([]);
});

test('only a service assumes a role, wherever somebody else is from', () => {
  const [statement] = resource;
  const on = role('keyturn-auth-example-com-1ce18487-signer');
  expect(denials('arn:aws:iam::444455556666:role/x', 'sts:AssumeRole', on)).toContain(statement?.id);
  const lambda = { 'aws:principalarn': null, 'aws:principalisawsservice': 'true' };
  const identity = decide(
    { principal: { service: 'lambda.amazonaws.com' }, action: 'sts:AssumeRole', resource: on, context: lambda },
    [],
    { account: ACCOUNT, statements: resource, isTheOnlyWay: true },
  );
  expect(identity.because).toEqual([]);
});

/** As CloudFormation names what has no name. */
const OF_THE_STACK: Readonly<Record<string, string>> = {
  lambda: FUNCTION,
  dynamodb: `arn:aws:dynamodb:eu-central-1:${ACCOUNT}:table/Keyturn-IssuerTable30DE0CDD-EXAMPLE`,
  s3: 'arn:aws:s3:::keyturn-issuerdocumentsbucketf175695f-example/public/x',
};

test('what the template allows its roles stays allowed', () => {
  vi.stubEnv('CDK_VALIDATION', 'false');
  const template = templateOf();
  const names = Object.entries(template.findResources('AWS::IAM::Role')).map(
    ([id, { Properties }]) => [id, (Properties.RoleName as string | undefined) ?? `Keyturn-${id}-EXAMPLE`] as const,
  );
  const allowed = templateStatements(template).filter(
    ({ effect, actions }) => effect === 'Allow' && !actions.includes('sts:AssumeRole'),
  );
  const asked = names.flatMap(([id, name]) =>
    allowed
      .filter(({ owner }) => owner === id)
      .flatMap(({ actions }) => actions.map((action) => [role(name), action] as const)),
  );
  expect(asked.length).toBeGreaterThan(30);
  for (const [arn, action] of asked) {
    const on = OF_THE_STACK[action.split(':')[0] ?? ''] ?? '*';
    expect(denials(arn, action, on, { 'lambda:sourcefunctionarn': FUNCTION }), `${arn} ${action}`).toEqual([]);
  }
});
