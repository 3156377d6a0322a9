/** The package's constructs. */
export type { OwnVerifier, PolicyProps } from './policy-props.ts';
export type { TokenIssuerProps } from './props.ts';
export { TokenIssuer } from './token-issuer.ts';
