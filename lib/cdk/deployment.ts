/**
 * The last step of every deployment that changes the issuer, and the first of its end: the deploy function, asked by
 * CloudFormation.
 */
import { createHash } from 'node:crypto';
import { CfnElement, CfnResource, CustomResource, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { deployEnvironment } from './environments.ts';
import { IssuerFunction } from './functions.ts';
import type { TokenIssuerProps } from './props.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** Lambda's longest; the verb gives up before. */
const TIMEOUT = Duration.minutes(15);

export class Deployment extends Construct {
  readonly function: IssuerFunction;
  readonly resource: CustomResource;

  /** What it proves must be there before it, whole: all that the issuer has so far. */
  constructor(
    issuer: TokenIssuer,
    id: string,
    props: Pick<TokenIssuerProps, 'logRetention' | 'observeAt'>,
    edge: IConstruct[],
  ) {
    super(issuer, id);
    const before = issuer.node.children.filter((child) => child !== this && !(child instanceof CfnElement));
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Makes the first key of ${issuer.policy.issuer} and proves each deployment`,
    });
    const isDestroyed = issuer.removalPolicy === RemovalPolicy.DESTROY;
    const { rotateFunction, canaryAlias, operateFunction } = issuer;
    const called = [rotateFunction, canaryAlias, ...(isDestroyed ? [operateFunction] : [])];
    const resources = called.map(({ functionArn }) => functionArn);
    role.addToPrincipalPolicy(
      new PolicyStatement({ sid: 'AskTheIssuerItself', actions: ['lambda:InvokeFunction'], resources }),
    );
    this.function = new IssuerFunction(this, 'Function', {
      name: 'deploy',
      description: `Makes the first key of ${issuer.policy.issuer} and proves each deployment`,
      role,
      environment: deployEnvironment(issuer, props.observeAt),
      timeout: TIMEOUT,
      memorySize: 256,
      logRetention: props.logRetention,
      removalPolicy: issuer.removalPolicy,
    });
    // CloudFormation calls it asynchronously. `handler` answers for all that fails; what is left is a run that was cut off, and
    // by then nobody waits for the answer: a second run would tick, or close the issuer, behind a later deployment's back.
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: TIMEOUT });
    // CloudFormation asks again only where one of these has changed.
    this.resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::KeyturnDeployment',
      serviceToken: this.function.functionArn,
      serviceTimeout: TIMEOUT,
      properties: {
        Edge: Lazy.string({ produce: () => digest(edge) }),
        Issuer: Lazy.string({ produce: () => digest(before) }),
      },
    });
    this.resource.node.addDependency(role, this.function, ...before);
  }
}

/** Of all that these constructs put into the template. */
function digest(constructs: readonly IConstruct[]): string {
  const resources = new Set(constructs.flatMap(({ node }) => node.findAll().filter(CfnResource.isCfnResource)));
  const hash = createHash('sha256');
  for (const resource of resources) hash.update(JSON.stringify(Stack.of(resource).resolve(rendered(resource))));
  return hash.digest('hex').slice(0, 16);
}

/** What aws-cdk-lib itself hashes for a function's version; its declaration is left out of the published types. */
const rendered = (resource: CfnResource): object =>
  (resource as unknown as { _toCloudFormation(): object })._toCloudFormation();
