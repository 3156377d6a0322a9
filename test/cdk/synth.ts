/** An issuer in a stack, as the app makes it, and its template. */
import { readFileSync } from 'node:fs';
import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { TokenIssuerProps } from '../../lib/cdk/props.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';

export const ISSUER = 'https://auth.example.com';
export const { context: CONTEXT } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  context: Record<string, unknown>;
};

/** @param before puts something into the stack before the issuer is there */
export function issuerIn(
  props: Partial<TokenIssuerProps> = {},
  stackProps: StackProps = {},
  before: (stack: Stack) => unknown = () => undefined,
) {
  const app = new App({ context: CONTEXT, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Keyturn', stackProps);
  before(stack);
  return { app, stack, issuer: new TokenIssuer(stack, 'Issuer', { issuer: ISSUER, ...props }) };
}

export const templateOf = (props: Partial<TokenIssuerProps> = {}): Template =>
  Template.fromStack(issuerIn(props).stack);
