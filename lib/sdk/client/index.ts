/** `keyturn/client`: tokens of a Keyturn issuer, cheap and safe to ask for. */
export type { CredentialProvider, Credentials } from './credentials.ts';
export { type ClientCode, TokenError } from './errors.ts';
export type { IssuedToken, TokenRequest } from './issuer-endpoint.ts';
export { type GetOptions, TokenClient, type TokenClientOptions, tokenClient } from './token-client.ts';
