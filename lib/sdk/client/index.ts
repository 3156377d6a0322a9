/** `keyturn/client`: tokens of a Keyturn issuer, cheap and safe to ask for. */
export type { CredentialProvider, Credentials } from './credentials.ts';
export { type ClientCode, TokenError } from './errors.ts';
export type { IssuedToken } from './issuer-answer.ts';
export type { GetOptions, TokenClientOptions } from './options.ts';
export type { TokenRequest } from './request.ts';
export { TokenClient, type TokenSource, tokenClient } from './token-client.ts';
