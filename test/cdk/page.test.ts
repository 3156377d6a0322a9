/** The status page where it is asked for: what publishes it, what serves it, and under which headers. */
import { createHash } from 'node:crypto';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { expect, test } from 'vitest';
import { builtPage } from '../../lib/cdk/bundles.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { statementsOf } from './statements.ts';
import { CONTEXT, templateOf } from './synth.ts';

const WITH = templateOf({ page: true });
const WITHOUT = templateOf();

const publishers = (template: Template) =>
  Object.entries(template.findResources('AWS::Lambda::Function'))
    .filter(([, { Properties }]) => Properties.Environment?.Variables?.KEYTURN_PAGE === 'yes')
    .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));

test('rotator and operator publish it, and only where it is asked for', () => {
  expect(publishers(WITH).sort()).toEqual(['IssuerOperate', 'IssuerRotate']);
  expect(publishers(WITHOUT)).toEqual([]);
});

test('it costs no permission', () => {
  const allowed = (template: Template) => statementsOf(template).filter(({ effect }) => effect === 'Allow');
  expect(allowed(WITH)).toEqual(allowed(WITHOUT));
});

test('it is served under its own policy, and in nobody’s frame', () => {
  const [headers] = Object.values(WITH.findResources('AWS::CloudFront::ResponseHeadersPolicy'));
  const { ContentSecurityPolicy, FrameOptions, ReferrerPolicy, ContentTypeOptions } =
    headers?.Properties.ResponseHeadersPolicyConfig.SecurityHeadersConfig ?? {};
  const policy: string = ContentSecurityPolicy.ContentSecurityPolicy;
  const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(builtPage()) ?? [];
  const hash = createHash('sha256').update(script).digest('base64');
  expect(policy.split('; ')).toEqual([
    `default-src 'none'`,
    `script-src 'sha256-${hash}'`,
    expect.stringMatching(/^style-src 'sha256-[\w+/]+=*'$/),
    'img-src data:',
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types 'none'`,
    `frame-ancestors 'none'`,
  ]);
  expect(ContentSecurityPolicy.Override).toBe(true);
  expect([FrameOptions.FrameOption, ReferrerPolicy.ReferrerPolicy]).toEqual(['DENY', 'no-referrer']);
  expect(ContentTypeOptions).toEqual({ Override: true });
  expect(JSON.stringify(WITHOUT.toJSON())).not.toContain('ContentSecurityPolicy');
});

function onDistribution(issuer: string, page: boolean): Template {
  const stack = new Stack(new App({ context: CONTEXT, builtinCloudFormationValidation: false }), 'Keyturn');
  const distribution = new Distribution(stack, 'Site', { defaultBehavior: { origin: new HttpOrigin('example.com') } });
  new TokenIssuer(stack, 'Issuer', { issuer, distribution, page });
  return Template.fromStack(stack);
}

test('of an issuer with a path it has that address, on a distribution that serves other things', () => {
  const paths = (page: boolean) => {
    const [{ Properties }] = Object.values(
      onDistribution('https://www.example.com/blue', page).findResources('AWS::CloudFront::Distribution'),
    ) as [{ Properties: { DistributionConfig: { CacheBehaviors: { PathPattern: string }[] } } }];
    return Properties.DistributionConfig.CacheBehaviors.map(({ PathPattern }) => PathPattern);
  };
  expect(paths(true)).toEqual([...paths(false), '/blue', '/blue/timeline.json']);
});

test('the root of a distribution that serves other things is not ours', () => {
  expect(() => onDistribution('https://www.example.com', true)).toThrow(
    'the page of https://www.example.com needs a distribution of the issuer’s own, or an issuer with a path',
  );
  onDistribution('https://www.example.com', false).hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({}),
  });
});
