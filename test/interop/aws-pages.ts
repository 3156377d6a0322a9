/** What a page's app takes for granted, and what its template has to hold. */
import { Match } from 'aws-cdk-lib/assertions';

export const URL_OF_ISSUER = 'https://auth.example.com';

interface Page {
  /** What stands before it. */
  readonly before?: string;
  readonly has: readonly (readonly [type: string, properties: object])[];
  /** Whether the first of these is made after the issuer's documents are there. */
  readonly waits?: boolean;
}

export const PAGES: Readonly<Record<string, Page>> = {
  alb: {
    before: `
      import { Vpc } from 'aws-cdk-lib/aws-ec2';
      import { ApplicationLoadBalancer, ApplicationProtocol, ApplicationTargetGroup, ListenerCertificate }
        from 'aws-cdk-lib/aws-elasticloadbalancingv2';
      const vpc = new Vpc(stack, 'Vpc');
      const targets = new ApplicationTargetGroup(stack, 'Targets', { vpc, protocol: ApplicationProtocol.HTTP });
      const certificates = [ListenerCertificate.fromArn('arn:aws:acm:eu-central-1:111122223333:certificate/a')];
      const listener = new ApplicationLoadBalancer(stack, 'Alb', { vpc }).addListener('Https', { port: 443, certificates });
    `,
    has: [
      [
        'AWS::ElasticLoadBalancingV2::Listener',
        {
          Protocol: 'HTTPS',
          DefaultActions: Match.arrayWith([
            Match.objectLike({
              Type: 'jwt-validation',
              JwtValidationConfig: {
                Issuer: URL_OF_ISSUER,
                JwksEndpoint: `${URL_OF_ISSUER}/.well-known/jwks.json`,
                AdditionalClaims: [{ Name: 'aud', Format: 'single-string', Values: ['orders-api'] }],
              },
            }),
          ]),
        },
      ],
    ],
  },
  'http-api': {
    before: `
      import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
      import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
      const api = new HttpApi(stack, 'Api');
      const integration = new HttpUrlIntegration('Orders', 'https://orders.example.com');
    `,
    has: [
      [
        'AWS::ApiGatewayV2::Authorizer',
        { AuthorizerType: 'JWT', JwtConfiguration: { Issuer: URL_OF_ISSUER, Audience: ['orders-api'] } },
      ],
    ],
    waits: true,
  },
  'rest-api': {
    before: `
      import { RestApi } from 'aws-cdk-lib/aws-apigateway';
      const api = new RestApi(stack, 'Api');
      api.root.addMethod('GET');
    `,
    has: [
      [
        'AWS::ApiGateway::Authorizer',
        {
          Type: 'JWT',
          JwtConfiguration: {
            DefaultAlgorithms: ['RS256'],
            Issuers: [{ Issuer: URL_OF_ISSUER, Audiences: ['orders-api'] }],
          },
        },
      ],
    ],
    waits: true,
  },
  sts: {
    has: [
      [
        'AWS::IAM::Role',
        {
          AssumeRolePolicyDocument: Match.objectLike({
            Statement: [
              Match.objectLike({
                Action: 'sts:AssumeRoleWithWebIdentity',
                Condition: {
                  StringEquals: { 'auth.example.com:aud': 'sts.amazonaws.com', 'auth.example.com:sub': 'svc:deployer' },
                },
              }),
            ],
          }),
        },
      ],
    ],
  },
  appsync: {
    has: [
      [
        'AWS::AppSync::GraphQLApi',
        {
          AuthenticationType: 'OPENID_CONNECT',
          OpenIDConnectConfig: { Issuer: URL_OF_ISSUER, ClientId: '^orders-api$' },
        },
      ],
    ],
    waits: true,
  },
  keyturn: {
    before: `
      import { Integration, IntegrationType, RestApi } from 'aws-cdk-lib/aws-apigateway';
      import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
      import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
      const httpApi = new HttpApi(stack, 'Http');
      const integration = new HttpUrlIntegration('Orders', 'https://orders.example.com');
      const restApi = new RestApi(stack, 'Rest');
      const backend = new Integration({ type: IntegrationType.MOCK });
    `,
    has: [
      ['AWS::Lambda::Function', { Handler: 'index.handler', Timeout: 10 }],
      // The answers that lambdaAuthorizer gives when it is told nothing.
      ['AWS::ApiGatewayV2::Authorizer', { AuthorizerPayloadFormatVersion: '2.0', EnableSimpleResponses: true }],
      ['AWS::ApiGateway::Authorizer', { Type: 'TOKEN', IdentitySource: 'method.request.header.Authorization' }],
      [
        'AWS::ApiGateway::GatewayResponse',
        {
          ResponseType: 'UNAUTHORIZED',
          ResponseParameters: {
            'gatewayresponse.header.WWW-Authenticate': `'Bearer realm="orders", scope="orders:read"'`,
          },
        },
      ],
      // What lambdaAuthorizer says of a scope that is missing.
      [
        'AWS::ApiGateway::GatewayResponse',
        {
          ResponseType: 'ACCESS_DENIED',
          ResponseParameters: { 'gatewayresponse.header.WWW-Authenticate': 'context.authorizer.challenge' },
        },
      ],
    ],
  },
};
