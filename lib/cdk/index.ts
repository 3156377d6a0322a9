/** The package's constructs. */
export type { OwnVerifier, PolicyProps, TokenIssuerProps } from './props.ts';
export { TokenIssuer } from './token-issuer.ts';
