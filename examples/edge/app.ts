/** An issuer, and a distribution that lets requests with its tokens through to an origin that is told who asks. */
import { fileURLToPath } from 'node:url';
import { App, Duration, Stack } from 'aws-cdk-lib';
import {
  CachePolicy,
  Distribution,
  LambdaEdgeEventType,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { FunctionUrlOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Code, FunctionUrlAuthType, type IVersion, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { TokenIssuer } from 'keyturn';
import { settings } from './settings.ts';

const app = new App();
// Lambda@Edge functions are made in us-east-1, wherever they run.
const stack = new Stack(app, 'Tokens', { env: { account: '111122223333', region: 'us-east-1' } });

new TokenIssuer(stack, 'Issuer', {
  domainName: new URL(settings.issuer).hostname,
  hostedZone: HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
    hostedZoneId: 'Z0123456789EXAMPLE',
    zoneName: 'example.com',
  }),
  verifiers: ['keyturn'],
});

/** `npm run build` makes both. The memory is the most that a viewer-request function may have. */
const bundled = (id: string, file: string) =>
  new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: `${file}.handler`,
    code: Code.fromAsset(fileURLToPath(new URL(`dist/${file}`, import.meta.url))),
    memorySize: 128,
    timeout: Duration.seconds(5),
  });
const identity = bundled('Identity', 'handler');
const orders = bundled('Orders', 'origin');

new Distribution(stack, 'Front', {
  defaultBehavior: {
    // Its URL wants a signature that only this distribution makes: there is no way around the function above.
    origin: FunctionUrlOrigin.withOriginAccessControl(orders.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM })),
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    // Before the cache, with every request.
    edgeLambdas: [
      { eventType: LambdaEdgeEventType.VIEWER_REQUEST, functionVersion: identity.currentVersion as IVersion },
    ],
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
  },
});
