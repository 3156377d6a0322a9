/** Under which name the documents are found: the issuer's host, where it is a name of the distribution. */
import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { Certificate, CertificateValidation, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { CfnDistribution, Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { AaaaRecord, ARecord, CfnRecordSet, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { Construct } from 'constructs';
import { KeyturnError } from '../core/errors.ts';
import { isNearby } from '../core/issuer.ts';
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
 * The documents' paths are put behind it as they are, each with a slash of its own.
 * @throws KeyturnError `policy_invalid` for what is no origin
 */
export function originOf(observeAt: string): string {
  if (Token.isUnresolved(observeAt)) return observeAt;
  const { origin, protocol, hostname } = URL.parse(observeAt) ?? {};
  if (origin === observeAt && (protocol === 'https:' || (protocol === 'http:' && isNearby(hostname ?? ''))))
    return observeAt;
  return refuse(
    `observeAt must be an origin such as https://auth.example.com, without a path or a slash at its end, got ${observeAt}`,
  );
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

/**
 * A distribution that is there already has its names and its certificate, which nobody adds to from outside.
 * @throws KeyturnError `policy_invalid` for props that would have no effect
 */
export function checkShared(distribution: Distribution, { domainName, certificate, hostedZone }: DomainProps): void {
  if (certificate) refuse('certificate must be given to the distribution itself, which is there already');
  if (hostedZone && domainName === undefined) refuse('hostedZone needs a domainName');
  if (domainName === undefined || hasName(distribution, domainName)) return;
  refuse(`domainName must be among the domainNames of the distribution, ${domainName} is not: add it there`);
}

/** A name that is known only at deployment may be any. */
function hasName(distribution: Distribution, host: string): boolean {
  const { distributionConfig } = distribution.node.defaultChild as CfnDistribution;
  const { aliases = [] } = distributionConfig as CfnDistribution.DistributionConfigProperty;
  const general = host.replace(/^[^.]+/, '*');
  return Token.isUnresolved(aliases) || aliases.some((one) => Token.isUnresolved(one) || [host, general].includes(one));
}

/** Issuers that share a host share its addresses. */
export function addRecords(
  scope: Construct,
  { domainName, hostedZone }: DomainProps,
  distribution: Distribution,
): void {
  if (domainName === undefined || !hostedZone) return;
  const props = {
    zone: hostedZone,
    recordName: domainName,
    target: RecordTarget.fromAlias(new CloudFrontTarget(distribution)),
  };
  if (!hasRecord(scope, hostedZone, domainName, 'A')) new ARecord(scope, 'Ipv4', props);
  if (!hasRecord(scope, hostedZone, domainName, 'AAAA')) new AaaaRecord(scope, 'Ipv6', props);
}

function hasRecord(scope: Construct, zone: IHostedZone, name: string, type: string): boolean {
  const stack = Stack.of(scope);
  return stack.node
    .findAll()
    .filter((one): one is CfnRecordSet => one instanceof CfnRecordSet && one.type === type && one.name === `${name}.`)
    .some(({ hostedZoneId }) => hostedZoneId === zone.hostedZoneId);
}

export function warnOfNoDomain(issuer: TokenIssuer, { domainName, distribution }: TokenIssuerProps): void {
  const { host } = new URL(issuer.policy.issuer);
  if (domainName || (distribution && hasName(distribution, host))) return;
  const why = 'verifiers that look for the documents there find them only where something else answers';
  const warning = `${issuer.policy.issuer} is no name of the distribution: ${why}; domainName makes it one`;
  Annotations.of(issuer).addWarningV2('keyturn:domain', warning);
}
