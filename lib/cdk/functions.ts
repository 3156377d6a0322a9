/** The Lambdas, from the bundles that bin/bundle.ts has built. */
import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundleDirectory } from './bundles.ts';

export interface IssuerFunctionProps {
  readonly name: 'sign' | 'rotate' | 'operate' | 'deploy' | 'watch';
  readonly description: string;
  readonly role: Role;
  readonly environment: { readonly [name: string]: string };
  readonly timeout: Duration;
  readonly memorySize?: number | undefined;
  readonly logRetention?: RetentionDays | undefined;
  readonly removalPolicy: RemovalPolicy;
  /** @default - the bundle of that name */
  readonly code?: Code;
}

/** One function with a log group of its own, which is all that it may write to. */
export class IssuerFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: IssuerFunctionProps) {
    const { name, description, role, environment, timeout, memorySize = 512 } = props;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: props.logRetention ?? RetentionDays.ONE_YEAR,
      removalPolicy: props.removalPolicy,
    });
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'WriteOwnLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.code ?? Code.fromAsset(bundleDirectory(name), { exclude: ['meta.json'] }),
      environment: { ...environment },
      // Lambda takes 256 characters, and an issuer may have nearly as many.
      description: description.slice(0, 256),
      role,
      timeout,
      memorySize,
      logGroup,
    });
  }
}
