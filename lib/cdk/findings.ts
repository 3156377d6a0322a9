/** What cdk-nag's AwsSolutions finds in an issuer and we keep, each with its reason. */
import { type CfnElement, Stack, Token, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { TokenIssuer } from './token-issuer.ts';

type Finding = readonly [construct: IConstruct, id: string, reason: string];

/** For apps that run cdk-nag over a stack with an issuer in it. Each is bound to the one construct that it is about. */
export function acknowledgeFindings(issuer: TokenIssuer): void {
  for (const [construct, id, reason] of [...wildcards(issuer), ...others(issuer)]) {
    Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${id}`, reason });
  }
}

function wildcards({ roles, bucket }: TokenIssuer): Finding[] {
  const stack = Stack.of(bucket);
  const part = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
  const [partition, region] = [part(stack.partition, 'Partition'), part(stack.region, 'Region')];
  const keys = `IAM5[Resource::arn:${partition}:kms:${region}:${part(stack.account, 'AccountId')}:key/*]`;
  const objects = `IAM5[Resource::<${stack.getLogicalId(bucket.node.defaultChild as CfnElement)}.Arn>/public/*]`;
  return [
    [roles.signer, keys, 'keys are made at run time; the tag keyturn:issuer decides which of them'],
    ...[roles.rotator, roles.operator].flatMap((role): Finding[] => [
      [role, keys, 'keys are made at run time; the tag keyturn:issuer decides which of them'],
      [role, objects, 'the documents of .well-known/, the page and its timeline are all that public/ holds'],
      [
        role,
        'IAM5[Resource::*]',
        'CreateKey, the tags given with it and tag:GetResources take no resource; conditions are their fence',
      ],
    ]),
  ];
}

function others(issuer: TokenIssuer): Finding[] {
  const { bucket, distribution, ticking } = issuer;
  return [
    [bucket, 'S1', 'public documents; each object is versioned and every publication is logged by the function'],
    [ticking.failures, 'SQS3', 'it is itself where the failed invocations of a function go'],
    // What else a distribution serves is for its owner to judge.
    ...(distribution.node.scopes.includes(issuer) ? ofDistribution(issuer) : []),
  ];
}

function ofDistribution({ distribution, policy: { issuer } }: TokenIssuer): Finding[] {
  return [
    [distribution, 'CFR1', `whoever verifies tokens of ${issuer} may be anywhere`],
    [distribution, 'CFR2', 'static public documents from a cache: nothing behind it that a request could reach'],
    [distribution, 'CFR3', 'a log of who fetches public keys protects nothing and would be the largest cost'],
    [distribution, 'CFR4', 'without a certificate of its own CloudFront fixes TLSv1; with one it is TLSv1.2_2021'],
  ];
}
