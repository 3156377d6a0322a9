import { App, Stack } from 'aws-cdk-lib';
import { TokenIssuer } from 'keyturn';

const stack = new Stack(new App(), 'Tokens');

new TokenIssuer(stack, 'Issuer', {
  // The `iss` of every token. Its host is where verifiers will look: point its DNS at the distribution.
  issuer: 'https://auth.example.com',
  verifiers: ['jose', 'aws-jwt-verify'],
});
