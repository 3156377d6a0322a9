/** Where the public documents live: a private bucket, and the distribution that serves `public/` of it. */
import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import {
  AllowedMethods,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Policy } from '../core/config.ts';
import { edgeAge } from '../core/policy.ts';
import { writeFence } from './bucket-policy.ts';
import type { TokenIssuerProps } from './props.ts';

export interface DocumentsProps extends Pick<TokenIssuerProps, 'domainNames' | 'certificate'> {
  readonly policy: Policy;
  /** The only ones that write. */
  readonly writerArns: readonly string[];
  readonly removalPolicy: RemovalPolicy;
}

export class Documents extends Construct {
  readonly bucket: Bucket;
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: DocumentsProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      removalPolicy: props.removalPolicy,
    });
    for (const statement of writeFence(this.bucket, props.writerArns)) this.bucket.addToResourcePolicy(statement);
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `Keys of ${props.policy.issuer}`.slice(0, 128),
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      ...(props.domainNames && { domainNames: [...props.domainNames] }),
      // The distribution's own certificate fixes the protocol itself.
      ...(props.certificate && {
        certificate: props.certificate,
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
      defaultBehavior: {
        // Short: while the origin hangs, CloudFront waits for it before it serves what it still holds.
        origin: S3BucketOrigin.withOriginAccessControl(this.bucket as IBucket, {
          originPath: '/public',
          connectionAttempts: 2,
          connectionTimeout: Duration.seconds(2),
        }),
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        compress: true,
        cachePolicy: this.#cachePolicy(props.policy),
        responseHeadersPolicy: this.#headersPolicy(),
      },
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

  /** Public keys are for everybody, browsers included. */
  #headersPolicy(): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'HeadersPolicy', {
      corsBehavior: {
        accessControlAllowCredentials: false,
        accessControlAllowHeaders: ['*'],
        accessControlAllowMethods: ['GET', 'HEAD'],
        accessControlAllowOrigins: ['*'],
        accessControlMaxAge: Duration.days(1),
        originOverride: true,
      },
      securityHeadersBehavior: {
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: false, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      },
    });
  }
}
