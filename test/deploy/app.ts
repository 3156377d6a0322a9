/** The app that these tests deploy: an issuer as bin/app.ts makes it, and who may have tokens of it. */
import { pathToFileURL } from 'node:url';
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { type AppInput, INPUT } from './app-input.ts';

const input = JSON.parse(process.env[INPUT] ?? '') as AppInput;
const { stackName, config, clients = {}, sibling, destroy, release, ...props } = input;
const root = release ?? pathToFileURL(`${process.cwd()}/`).href;
const { TokenIssuer } = (await import(
  `${root}lib/cdk/token-issuer.ts`
)) as typeof import('../../lib/cdk/token-issuer.ts');
const { propsFromConfig } = (await import(`${root}lib/cdk/policy.ts`)) as typeof import('../../lib/cdk/policy.ts');

const stack = new Stack(new App(), stackName);
const common = { ...props, removalPolicy: destroy ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN };
const issuer = new TokenIssuer(stack, 'Issuer', { ...propsFromConfig(config), ...common });

const callerRole = (name: string): Role => {
  const role = new Role(stack, `Caller${name}`, { assumedBy: new AccountRootPrincipal() });
  new CfnOutput(stack, `CallerRoleArn${name}`, { value: role.roleArn });
  return role;
};
for (const [name, rules] of Object.entries(clients)) issuer.addClient(name, { ...rules, role: callerRole(name) });
if (Object.keys(clients).length === 0) issuer.grantSign(callerRole(''));

new CfnOutput(stack, 'RotateFunctionName', { value: issuer.rotateFunction.functionName });

if (sibling !== undefined) {
  const { distribution } = issuer;
  new TokenIssuer(stack, 'Sibling', { ...propsFromConfig({ ...config, issuer: sibling }), ...common, distribution });
}
