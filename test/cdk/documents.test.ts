/** Bucket and distribution: what no emulator enforces. */

import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { describe, expect, test } from 'vitest';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { statementsOf } from './statements.ts';
import { issuerIn, templateOf } from './synth.ts';

const TEMPLATE = templateOf();
const has = (type: string, properties: unknown) => TEMPLATE.hasResourceProperties(type, properties);
const behaviour = (properties: unknown) =>
  has('AWS::CloudFront::Distribution', { DistributionConfig: { DefaultCacheBehavior: properties } });

describe('the bucket', () => {
  test('is private, versioned and owns what is in it', () => {
    const all = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true };
    has('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: all,
      VersioningConfiguration: { Status: 'Enabled' },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
  });

  const fence = statementsOf(TEMPLATE).filter(({ owner }) => owner.startsWith('IssuerDocumentsBucketPolicy'));
  const denied = (action: string) =>
    fence.filter(({ effect, actions }) => effect === 'Deny' && actions.includes(action));

  test('speaks TLS only', () => {
    expect(denied('s3:*').map(({ condition }) => condition)).toEqual([{ Bool: { 'aws:SecureTransport': 'false' } }]);
  });

  test('is written by rotator and operator alone', () => {
    const [statement] = denied('s3:PutObject');
    expect(JSON.stringify(statement?.condition)).toMatch(
      /^{"ArnNotEquals":{"aws:PrincipalArn":\[.*-rotator.*-operator"\]\]}\]}}$/,
    );
  });

  test('takes no unconditional write', () => {
    expect(denied('s3:PutObject')[1]?.condition).toEqual({
      Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' },
    });
  });

  test('lets nobody delete an object or a version', () => {
    for (const action of ['s3:DeleteObject', 's3:DeleteObjectVersion']) {
      expect(denied(action).map(({ condition }) => condition)).toEqual([{}]);
    }
  });

  test('is read by this distribution', () => {
    const reads = fence.filter(({ effect }) => effect === 'Allow');
    expect(reads.map(({ actions }) => actions)).toEqual([['s3:GetObject']]);
    expect(JSON.stringify(reads[0]?.condition)).toContain('IssuerDocumentsDistribution');
  });
});

describe('the distribution', () => {
  test('serves public/ and nothing else', () => {
    has('AWS::CloudFront::Distribution', {
      DistributionConfig: { DefaultRootObject: 'index.html', Origins: [Match.objectLike({ OriginPath: '/public' })] },
    });
  });

  test('fetches as itself, and soon gives up on an origin that hangs', () => {
    has('AWS::CloudFront::OriginAccessControl', {
      OriginAccessControlConfig: { SigningBehavior: 'always', SigningProtocol: 'sigv4' },
    });
    has('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        Origins: [
          Match.objectLike({
            ConnectionAttempts: 2,
            ConnectionTimeout: 2,
            S3OriginConfig: { OriginAccessIdentity: '', OriginReadTimeout: 5 },
          }),
        ],
      },
    });
  });

  test('speaks HTTP/2 and 3 and compresses', () => {
    has('AWS::CloudFront::Distribution', { DistributionConfig: { HttpVersion: 'http2and3' } });
    behaviour({ Compress: true, ViewerProtocolPolicy: 'redirect-to-https' });
  });

  test('has one copy of a document, for as long as the document says', () => {
    const none = { CookieBehavior: 'none' };
    has('AWS::CloudFront::CachePolicy', {
      CachePolicyConfig: {
        MinTTL: 0,
        DefaultTTL: 300,
        MaxTTL: 300 + 60 + 3600,
        ParametersInCacheKeyAndForwardedToOrigin: {
          CookiesConfig: none,
          HeadersConfig: { HeaderBehavior: 'none' },
          QueryStringsConfig: { QueryStringBehavior: 'none' },
        },
      },
    });
  });

  test('tells browsers that anybody may read and that HTTPS is for good', () => {
    has('AWS::CloudFront::ResponseHeadersPolicy', {
      ResponseHeadersPolicyConfig: {
        CorsConfig: {
          AccessControlAllowOrigins: { Items: ['*'] },
          AccessControlAllowMethods: { Items: ['GET', 'HEAD'] },
          AccessControlAllowCredentials: false,
        },
        SecurityHeadersConfig: {
          ContentTypeOptions: { Override: true },
          StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000 },
        },
      },
    });
  });

  test('asks for TLS 1.2 under names of its own', () => {
    const { stack } = issuerIn();
    const certificate = Certificate.fromCertificateArn(
      stack,
      'Own',
      'arn:aws:acm:us-east-1:111122223333:certificate/a',
    );
    new TokenIssuer(stack, 'Second', {
      domainName: 'id.example.com',
      certificate,
    });
    Template.fromStack(stack).hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        Aliases: ['id.example.com'],
        ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only' },
      },
    });
  });
});
