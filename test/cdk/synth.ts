/** An issuer in a stack, as the app makes it, and its template. */
import { readFileSync } from 'node:fs';
import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { TokenIssuerProps } from '../../lib/cdk/props.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';

export const ISSUER = 'https://auth.example.com';
export const { context: CONTEXT } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  context: Record<string, unknown>;
};

type Props = Partial<TokenIssuerProps> | ((stack: Stack) => Partial<TokenIssuerProps>);

/** @param props a function may put into the stack what they need before the issuer is there */
export function issuerIn(props: Props = {}, stackProps: StackProps = {}) {
  const app = new App({ context: CONTEXT, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Keyturn', stackProps);
  const given = typeof props === 'function' ? props(stack) : props;
  return { app, stack, issuer: new TokenIssuer(stack, 'Issuer', { issuer: ISSUER, ...given }) };
}

export const templateOf = (props: Props = {}): Template => Template.fromStack(issuerIn(props).stack);

/** All that can be asked for, without what CDK itself adds for DESTROY. */
export const everything = (stack: Stack): Partial<TokenIssuerProps> => ({
  alarmTopic: Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-central-1:111122223333:on-call'),
  watchTrail: true,
  clientMetrics: true,
  dashboard: true,
  events: true,
  page: true,
  allowImport: true,
});
