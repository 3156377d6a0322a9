/** The app that these tests deploy: an issuer as bin/app.ts makes it, and who may have tokens of it. */
import { pathToFileURL } from 'node:url';
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { type AppInput, INPUT } from './app-input.ts';

const { stackName, config, observeAt, destroy, release, retained } = JSON.parse(process.env[INPUT] ?? '') as AppInput;
const root = release ?? pathToFileURL(`${process.cwd()}/`).href;
const { TokenIssuer } = (await import(
  `${root}lib/cdk/token-issuer.ts`
)) as typeof import('../../lib/cdk/token-issuer.ts');
const { propsFromConfig } = (await import(`${root}lib/cdk/policy.ts`)) as typeof import('../../lib/cdk/policy.ts');

const stack = new Stack(new App(), stackName);
const issuer = new TokenIssuer(stack, 'Issuer', {
  ...propsFromConfig(config),
  observeAt,
  removalPolicy: destroy ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
});

const caller = new Role(stack, 'Caller', { assumedBy: new AccountRootPrincipal() });
issuer.grantSign(caller);
new CfnOutput(stack, 'CallerRoleArn', { value: caller.roleArn });
new CfnOutput(stack, 'RotateFunctionName', { value: issuer.rotateFunction.functionName });

if (retained) {
  (issuer.table.node.defaultChild as CfnTable).tableName = retained.tableName;
  (issuer.bucket.node.defaultChild as CfnBucket).bucketName = retained.bucketName;
}
