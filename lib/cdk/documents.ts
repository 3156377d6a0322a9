/** Where the public documents live: a private bucket, and the distribution that serves `public/` of it. */
import { type CustomResourceProvider, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AllowedMethods,
  type BehaviorOptions,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  type CfnDistribution,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  type IOrigin,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Policy } from '../core/config.ts';
import { KeyturnError } from '../core/errors.ts';
import { documentPaths, pagePaths } from '../core/issuer.ts';
import { contentSecurityPolicy } from '../core/page-policy.ts';
import { edgeAge } from '../core/policy.ts';
import { writeFence } from './bucket-policy.ts';
import { builtPage } from './bundles.ts';
import { addRecords, certificateOf, checkShared, type DomainProps } from './domain.ts';
import type { TokenIssuerProps } from './props.ts';
import { accountName } from './roles.ts';

export interface DocumentsProps extends Pick<TokenIssuerProps, 'bucketName' | 'distribution' | 'page'>, DomainProps {
  readonly policy: Policy;
  /** The only ones that write. */
  readonly writerArns: readonly string[];
  readonly removalPolicy: RemovalPolicy;
}

export class Documents extends Construct {
  readonly bucket: Bucket;
  readonly distribution: Distribution;

  /** @throws KeyturnError `policy_invalid` for a distribution that cannot be added to */
  constructor(scope: Construct, id: string, props: DocumentsProps) {
    super(scope, id);
    const { policy, writerArns, removalPolicy, bucketName, page = false } = props;
    const isDestroyed = removalPolicy === RemovalPolicy.DESTROY;
    this.bucket = new Bucket(this, 'Bucket', {
      ...(bucketName && { bucketName }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      removalPolicy,
      autoDeleteObjects: isDestroyed,
    });
    const cleanerArns = isDestroyed ? [cleanerArn(this)] : [];
    for (const statement of writeFence(this.bucket, writerArns, cleanerArns))
      this.bucket.addToResourcePolicy(statement);
    const behaviour = this.#behaviour(policy, page);
    if (props.distribution) {
      this.distribution = addable(this, props.distribution);
      checkShared(this.distribution, props);
      const { origin, ...options } = behaviour;
      for (const path of servedPaths(policy.issuer, page)) this.distribution.addBehavior(path, origin, options);
    } else {
      this.distribution = this.#ownDistribution(props, behaviour);
    }
    addRecords(this, props, this.distribution);
  }

  #behaviour(policy: Policy, page: boolean): BehaviorOptions {
    return {
      origin: bucketOrigin(this.bucket, accountName(policy.issuer)),
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      compress: true,
      cachePolicy: this.#cachePolicy(policy),
      responseHeadersPolicy: this.#headersPolicy(policy.issuer, page),
    };
  }

  #ownDistribution(props: DocumentsProps, defaultBehavior: BehaviorOptions): Distribution {
    const certificate = certificateOf(this, props);
    return new Distribution(this, 'Distribution', {
      comment: `Keys of ${props.policy.issuer}`.slice(0, 128),
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior,
      ...(props.domainName && { domainNames: [props.domainName] }),
      // The distribution's own certificate fixes the protocol itself.
      ...(certificate && { certificate, minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021 }),
    });
  }

  /** The documents' own Cache-Control decides; nothing that a client sends makes a second copy. */
  #cachePolicy(policy: Policy): CachePolicy {
    return new CachePolicy(this, 'CachePolicy', {
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.seconds(policy.edgeMaxAge),
      // With a maximum of 0 CloudFront refuses to compress.
      maxTtl: Duration.seconds(Math.max(1, edgeAge(policy))),
      queryStringBehavior: CacheQueryStringBehavior.none(),
      headerBehavior: CacheHeaderBehavior.none(),
      cookieBehavior: CacheCookieBehavior.none(),
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    });
  }

  /** Public keys are for everybody, browsers included. Of what they get, only the page is something to open. */
  #headersPolicy(issuer: string, page: boolean): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'HeadersPolicy', {
      responseHeadersPolicyName: accountName(issuer),
      corsBehavior: {
        accessControlAllowCredentials: false,
        accessControlAllowHeaders: ['*'],
        accessControlAllowMethods: ['GET', 'HEAD'],
        accessControlAllowOrigins: ['*'],
        accessControlMaxAge: Duration.days(1),
        originOverride: true,
      },
      securityHeadersBehavior: {
        ...(page && {
          contentSecurityPolicy: { contentSecurityPolicy: contentSecurityPolicy(builtPage()), override: true },
        }),
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: false, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      },
    });
  }
}

/**
 * Nothing else of the distribution's is touched. The first matching behaviour serves, so none is wider than it must be.
 * @throws KeyturnError `policy_invalid` for a page at the root of somebody else's distribution
 */
function servedPaths(issuer: string, page: boolean): string[] {
  const { openidConfiguration, oauthAuthorizationServer, jwks } = documentPaths(issuer);
  const documents = [jwks, openidConfiguration, oauthAuthorizationServer];
  if (!page) return documents;
  if (new URL(issuer).pathname !== '/') return [...documents, ...Object.values(pagePaths(issuer))];
  throw new KeyturnError(
    'policy_invalid',
    `the page of ${issuer} needs a distribution of the issuer’s own, or an issuer with a path: the root of another is not ours`,
  );
}

/** While the origin hangs, CloudFront waits for it before it serves what it still holds: half a minute if not told. */
const READ_TIMEOUT_SECONDS = 5;

/** @param name of the access control: CloudFront's own are the account's, and CDK's default is the same in every Region */
const bucketOrigin = (bucket: Bucket, name: string): IOrigin => ({
  bind: (scope, options) => {
    const origin = S3BucketOrigin.withOriginAccessControl(bucket as IBucket, {
      originAccessControl: new S3OriginAccessControl(scope, 'S3OriginAccessControl', { originAccessControlName: name }),
      originPath: '/public',
      connectionAttempts: 2,
      connectionTimeout: Duration.seconds(2),
    });
    const { originProperty, ...config } = origin.bind(scope, options);
    const s3OriginConfig = { ...originProperty?.s3OriginConfig, originReadTimeout: READ_TIMEOUT_SECONDS };
    return { ...config, originProperty: { ...(originProperty as CfnDistribution.OriginProperty), s3OriginConfig } };
  },
});

function addable(scope: Construct, distribution: Distribution): Distribution {
  if (!(distribution instanceof Distribution) || Stack.of(distribution) !== Stack.of(scope)) {
    throw new KeyturnError(
      'policy_invalid',
      'distribution must be a Distribution of the same stack: behaviours cannot be added to another, nor its bucket be opened to it',
    );
  }
  return distribution;
}

/** Whom CDK has empty the bucket before it is deleted. */
function cleanerArn(scope: Construct): string {
  const provider = Stack.of(scope).node.findChild('Custom::S3AutoDeleteObjectsCustomResourceProvider');
  return (provider as CustomResourceProvider).roleArn;
}
