/** An issuer that watches a trail, and its rules with their references resolved. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { Resolved } from '../iam/template.ts';
import { CONTEXT, ISSUER } from './synth.ts';
import { ACCOUNT } from './trail-events.ts';

export function watched() {
  const stack = new Stack(new App({ context: CONTEXT, builtinCloudFormationValidation: false }), 'Keyturn');
  new TokenIssuer(stack, 'Issuer', { issuer: ISSUER, alarmTopic: new Topic(stack, 'Topic'), watchTrail: true });
  const template = Template.fromStack(stack);
  const rules = new Resolved(template.toJSON() as never).ofType('AWS::Events::Rule').map(([, rule]) => rule);
  const patterns = rules.map(
    ({ EventPattern }) =>
      JSON.parse(JSON.stringify(EventPattern).replaceAll('000000000000', ACCOUNT)) as Record<string, unknown>,
  );
  return { template, rules, patterns };
}
