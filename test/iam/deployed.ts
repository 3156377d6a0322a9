/**
 * Two issuers in one stack as the construct deploys them, and whom they were granted to. The first has one alias for
 * any token, and its state stays; the second has clients, one of them in another account, and goes with its state.
 */
import { Annotations, App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { CONTEXT, ISSUER } from '../cdk/synth.ts';
import { Account } from './account.ts';
import { FOREIGN_ROLE, OTHER_ISSUER, roleArn } from './names.ts';
import { Resolved } from './template.ts';

export interface Deployed {
  readonly template: Resolved;
  readonly account: Account;
}

export function deployed(): Deployed {
  // CDK's own validation of the template takes seconds, and test/cdk has it too.
  const app = new App({ context: CONTEXT, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Keyturn');
  const role = (id: string) =>
    new Role(stack, id, { roleName: id.toLowerCase(), assumedBy: new ServicePrincipal('ec2.amazonaws.com') });

  const issuer = new TokenIssuer(stack, 'Issuer', {
    issuer: ISSUER,
    events: true,
    page: true,
    alarmTopic: new Topic(stack, 'Topic'),
    watchTrail: true,
  });
  issuer.grantSign(role('Caller'));
  issuer.grantOperate(role('Person'));
  issuer.grantRead(role('Reader'));
  issuer.grantAudit(role('Auditor'));
  role('Administrator');

  const other = new TokenIssuer(stack, 'Other', { issuer: OTHER_ISSUER, removalPolicy: RemovalPolicy.DESTROY });
  other.addClient('orders', { role: role('Orders'), audiences: ['orders-api'] });
  other.addClient('billing', { role: Role.fromRoleArn(stack, 'Billing', FOREIGN_ROLE), audiences: ['orders-api'] });

  // They have no domain, and the first has no clients.
  for (const id of ['keyturn:any', 'keyturn:domain']) Annotations.of(stack).acknowledgeWarning(id, 'a test');
  const template = new Resolved(Template.fromStack(stack).toJSON() as never);
  const account = new Account(template);
  // Who administers an account often holds everything there.
  const administers = (to: string, owner: string, Action: string[]) => {
    const Statement = [{ Sid: 'Everything', Effect: 'Allow', Action, Resource: '*' }];
    account.attach({ to, owner, kind: 'onIdentity', document: { Version: '2012-10-17', Statement } });
  };
  administers(roleArn('administrator'), 'Administrator', ['kms:*', 's3:*', 'dynamodb:*']);
  administers(FOREIGN_ROLE, 'Foreigner', ['kms:*', 's3:*', 'lambda:*', 'dynamodb:*']);
  return { template, account };
}
