/** `keyturn/testing`: an issuer in the test's own process. */
export { type Forgery, startTestIssuer, TestIssuer, type TestIssuerOptions } from './test-issuer.ts';
