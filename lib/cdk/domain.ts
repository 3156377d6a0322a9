/** Under which name the documents are found: the issuer's host, where it is a name of the distribution. */
import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { Certificate, CertificateValidation, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { AaaaRecord, ARecord, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { Construct } from 'constructs';
import { KeyturnError } from '../core/errors.ts';
import type { TokenIssuerProps } from './props.ts';
import type { TokenIssuer } from './token-issuer.ts';

export interface DomainProps {
  readonly domainName?: string;
  readonly certificate?: ICertificate;
  readonly hostedZone?: IHostedZone;
}

const refuse = (message: string): never => {
  throw new KeyturnError('policy_invalid', message);
};

/** @throws KeyturnError `policy_invalid` when the issuer lives elsewhere than at the domain */
export function issuerOf({ issuer, domainName }: DomainProps & { readonly issuer?: string }): string {
  // Where http would do, nothing is deployed.
  if (issuer?.startsWith('http:')) refuse(`issuer must use https, got ${issuer}`);
  if (domainName === undefined) return issuer ?? refuse('either issuer or domainName must be given');
  if (issuer === undefined) return `https://${domainName}`;
  const { host } = new URL(issuer);
  return host === domainName ? issuer : refuse(`domainName must be the host of the issuer, ${host}, got ${domainName}`);
}

/**
 * The distribution's certificate. CloudFront takes those of us-east-1 only.
 * @throws KeyturnError `policy_invalid` when there is none and none can be made here
 */
export function certificateOf(scope: Construct, { domainName, certificate, hostedZone }: DomainProps) {
  if (domainName === undefined) {
    const lost = certificate ? 'certificate' : hostedZone ? 'hostedZone' : undefined;
    return lost ? refuse(`${lost} needs a domainName`) : undefined;
  }
  if (certificate) return certificate;
  if (!hostedZone) return refuse(`domainName ${domainName} needs a certificate, or a hostedZone to make one in`);
  const { region } = Stack.of(scope);
  if (region !== 'us-east-1') {
    const here = Token.isUnresolved(region) ? 'a stack of no certain Region' : region;
    refuse(`CloudFront takes certificates of us-east-1 only, got ${here}: give a certificate that was made there`);
  }
  return new Certificate(scope, 'Certificate', { domainName, validation: CertificateValidation.fromDns(hostedZone) });
}

export function addRecords(
  scope: Construct,
  { domainName, hostedZone }: DomainProps,
  distribution: Distribution,
): void {
  if (domainName === undefined || !hostedZone) return;
  const target = RecordTarget.fromAlias(new CloudFrontTarget(distribution));
  new ARecord(scope, 'Ipv4', { zone: hostedZone, recordName: domainName, target });
  new AaaaRecord(scope, 'Ipv6', { zone: hostedZone, recordName: domainName, target });
}

export function warnOfNoDomain(issuer: TokenIssuer, { domainName, distribution }: TokenIssuerProps): void {
  if (domainName || distribution) return;
  const why = 'verifiers that look for the documents there find them only where something else answers';
  const warning = `${issuer.policy.issuer} is no name of the distribution: ${why}; domainName makes it one`;
  Annotations.of(issuer).addWarningV2('keyturn:domain', warning);
}
