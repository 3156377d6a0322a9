/**
 * The app that cdk.json names: one issuer, as `keyturn.config.json` and the context say.
 *
 * -c issuer=https://auth.example.com        mandatory, unless the configuration names it
 * -c domainName=… -c certificateArn=…       the issuer's host as a name of the distribution; certificate of us-east-1
 * -c stackName=…                            of a second issuer, in a stack beside the first; Keyturn if not given
 * -c removalPolicy=destroy                  keys, table and bucket go with the stack
 * -c page=true                              a page at the issuer's address shows its keys in time
 */
import { existsSync, readFileSync } from 'node:fs';
import { App, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Role } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { ClientProps } from '../lib/cdk/clients.ts';
import { acknowledgeFindings } from '../lib/cdk/findings.ts';
import { propsFromConfig } from '../lib/cdk/policy.ts';
import { TokenIssuer } from '../lib/cdk/token-issuer.ts';
import { readDuration } from '../lib/core/duration.ts';
import { KeyturnError } from '../lib/core/errors.ts';
import { readContext } from './context.ts';

type ClientInConfig = Omit<ClientProps, 'role' | 'maxLifetime'> & {
  readonly role?: unknown;
  readonly maxLifetime?: string;
};

const CONFIG = 'keyturn.config.json';

const app = new App();
const context = readContext(app);
const config = existsSync(CONFIG) ? (JSON.parse(readFileSync(CONFIG, 'utf8')) as Record<string, unknown>) : {};
const { clients = {}, ...policy } = config;
const { domainName, certificateArn, stackName = 'Keyturn' } = context;
const issuerUrl = context.issuer ?? (domainName ? `https://${domainName}` : undefined);
const props = propsFromConfig({ ...policy, ...(issuerUrl !== undefined && { issuer: issuerUrl }) });

const stack = new Stack(app, stackName, { description: `Keyturn: the token issuer ${props.issuer}` });
const issuer = new TokenIssuer(stack, 'Issuer', {
  ...props,
  ...(domainName && { domainName }),
  ...(certificateArn && { certificate: Certificate.fromCertificateArn(stack, 'Certificate', certificateArn) }),
  ...(context.isDestroyed && { removalPolicy: RemovalPolicy.DESTROY }),
  page: context.page,
});
for (const [name, { role, maxLifetime, ...rules }] of Object.entries(clients as Record<string, ClientInConfig>)) {
  if (typeof role !== 'string') {
    throw new KeyturnError(
      'policy_invalid',
      `clients.${name}.role must be the ARN of a role, got ${JSON.stringify(role)}`,
    );
  }
  issuer.addClient(name, {
    ...rules,
    ...(maxLifetime !== undefined && {
      maxLifetime: Duration.seconds(readDuration(`clients.${name}.maxLifetime`, maxLifetime)),
    }),
    role: Role.fromRoleArn(stack, `Caller-${name}`, role),
  });
}
acknowledgeFindings(issuer);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
