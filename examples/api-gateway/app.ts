/** An issuer under a domain of its own, two clients, and an HTTP API that takes their tokens. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { TokenIssuer } from 'keyturn';

const app = new App();
// In us-east-1 the certificate can be made along with the rest: CloudFront takes those of no other Region.
const stack = new Stack(app, 'Tokens', { env: { account: '111122223333', region: 'us-east-1' } });

const hostedZone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
  hostedZoneId: 'Z0123456789EXAMPLE',
  zoneName: 'example.com',
});
const issuer = new TokenIssuer(stack, 'Issuer', {
  domainName: 'auth.example.com',
  hostedZone,
  // Who verifies decides how long a key is published before it signs.
  verifiers: ['http-api'],
});

// A service of this account.
const checkout = new Role(stack, 'Checkout', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
issuer.addClient('checkout', {
  role: checkout,
  subject: 'svc:checkout',
  audiences: ['orders-api'],
  scopes: ['orders:read', 'orders:write'],
  maxLifetime: Duration.minutes(5),
});

// A partner's account, which lets its role call too.
issuer.addClient('partner', {
  role: Role.fromRoleArn(stack, 'Partner', 'arn:aws:iam::444455556666:role/partner'),
  audiences: ['orders-api'],
  scopes: ['orders:read'],
  claims: ['tenant_id'],
  fixedClaims: { partner: 'acme' },
});

const authorizer = new HttpJwtAuthorizer('Tokens', issuer.issuerUrl, { jwtAudience: ['orders-api'] });
const handler = new LambdaFunction(stack, 'Orders', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline('exports.handler = async ({ requestContext }) => requestContext.authorizer.jwt.claims;'),
});
const api = new HttpApi(stack, 'Api');
const [route] = api.addRoutes({
  path: '/orders',
  methods: [HttpMethod.GET],
  integration: new HttpLambdaIntegration('Orders', handler),
  authorizer,
  authorizationScopes: ['orders:read'],
});
// API Gateway reads the issuer's discovery document when the authorizer is made: the issuer comes first.
route?.node.addDependency(issuer.deployment);
api.node.addDependency(issuer.deployment);
