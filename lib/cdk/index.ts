/** The package's constructs. */
export type { ClientProps, IssuerClient } from './clients.ts';
export { acknowledgeFindings } from './findings.ts';
export type { TokenIssuerAttributes, TokenIssuerBase } from './issuer-base.ts';
export type { OwnVerifier, PolicyProps } from './policy-props.ts';
export type { TokenIssuerProps } from './props.ts';
export { TokenIssuer } from './token-issuer.ts';
