/** The app that cdk.json names: one issuer, as `-c issuer=https://…` and `keyturn.config.json` say. */
import { existsSync, readFileSync } from 'node:fs';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledgeFindings } from '../lib/cdk/findings.ts';
import { propsFromConfig } from '../lib/cdk/policy.ts';
import { TokenIssuer } from '../lib/cdk/token-issuer.ts';

const CONFIG = 'keyturn.config.json';

const app = new App();
const issuer = app.node.tryGetContext('issuer') as unknown;
const config = existsSync(CONFIG) ? (JSON.parse(readFileSync(CONFIG, 'utf8')) as Record<string, unknown>) : {};
const props = propsFromConfig({ ...config, ...(issuer !== undefined && { issuer }) });

const stack = new Stack(app, 'Keyturn', { description: `Keyturn: the token issuer ${props.issuer}` });
acknowledgeFindings(new TokenIssuer(stack, 'Issuer', props));
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
