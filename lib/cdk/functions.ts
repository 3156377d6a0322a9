/** The Lambdas, from the bundles that bin/bundle.ts has built. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

const BUNDLES = fileURLToPath(new URL('../../dist/functions/', import.meta.url));

export interface IssuerFunctionProps {
  readonly name: 'sign' | 'rotate' | 'operate';
  readonly description: string;
  readonly role: Role;
  readonly environment: { readonly [name: string]: string };
  readonly timeout: Duration;
  readonly memorySize?: number | undefined;
  readonly logRetention?: RetentionDays | undefined;
  readonly removalPolicy: RemovalPolicy;
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
      code: bundle(name),
      environment: { ...environment },
      description,
      role,
      timeout,
      memorySize,
      logGroup,
    });
  }
}

/** @throws Error where it has not been built */
function bundle(name: string): Code {
  const directory = join(BUNDLES, name);
  if (!existsSync(join(directory, 'index.js'))) {
    throw new Error(`the functions are not built: run "npm run build" (${directory} has no index.js)`);
  }
  return Code.fromAsset(directory, { exclude: ['meta.json'] });
}
