/** cdk-nag's AwsSolutions and CDK's own rules find nothing in an issuer that is not acknowledged with a reason. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, test } from 'vitest';
import { acknowledgeFindings } from '../../lib/cdk/findings.ts';
import type { TokenIssuerProps } from '../../lib/cdk/props.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { CONTEXT, ISSUER } from './synth.ts';

interface Report {
  readonly pluginReports: readonly { readonly violations: readonly { readonly ruleName: string }[] }[];
}
const directory = mkdtempSync(join(tmpdir(), 'keyturn-findings-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The rules that are broken, without the resources that they name. */
function findings(
  acknowledge: (issuer: TokenIssuer) => void,
  env?: { account: string; region: string },
  more: (stack: Stack) => Partial<TokenIssuerProps> = () => ({}),
): string[] {
  const outdir = mkdtempSync(join(directory, 'cdk.out-'));
  const app = new App({ context: CONTEXT, outdir });
  const stack = new Stack(app, 'Keyturn', env && { env });
  const alarmTopic = Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-central-1:111122223333:on-call');
  const watching = { alarmTopic, watchTrail: true, clientMetrics: true, dashboard: true, events: true };
  acknowledge(new TokenIssuer(stack, 'Issuer', { issuer: ISSUER, ...(env && watching), ...more(stack) }));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (error) {
    if (!(error as Error).message.includes('validation-report.json')) throw error;
  }
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report;
  const names = report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
  // Our own advice is none of cdk-nag's.
  const found = names.filter((name) => !name.startsWith('Annotation::'));
  return [...new Set(found.map((name) => name.replace(/\[.*/, '')))].sort();
}

describe('findings', () => {
  test('there are none', () => {
    expect(findings(acknowledgeFindings)).toEqual([]);
  });

  test('nor where account and Region are known, and all is watched', () => {
    expect(findings(acknowledgeFindings, { account: '111122223333', region: 'eu-central-1' })).toEqual([]);
  });

  test('of a distribution that is somebody else’s stay theirs', () => {
    const site = (stack: Stack) => ({
      distribution: new Distribution(stack, 'Site', { defaultBehavior: { origin: new HttpOrigin('www.example.com') } }),
    });
    expect(findings(acknowledgeFindings, undefined, site)).toEqual(
      ['CFR1', 'CFR2', 'CFR3', 'CFR4'].map((rule) => `AwsSolutions-${rule}`),
    );
  });

  test('are these without the acknowledgements', () => {
    expect(findings(() => {})).toEqual(
      ['CFR1', 'CFR2', 'CFR3', 'CFR4', 'IAM5', 'S1', 'SQS3'].map((rule) => `AwsSolutions-${rule}`),
    );
  });
});
