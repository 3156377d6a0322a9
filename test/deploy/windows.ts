/** The shortest windows that pass the check, with the shortest tick that a schedule has. */
export const ISSUER = 'https://auth.example.com';

export const SHORT = {
  issuer: ISSUER,
  algorithm: 'ES256',
  rotationPeriod: '63s',
  publicationLead: '3s',
  grace: '10s',
  tokenLifetime: '4s',
  maxTokenLifetime: '4s',
  tick: '60s',
  edgeMaxAge: '1s',
  edgeStaleWhileRevalidate: '0s',
  edgeStaleIfError: '0s',
  signerCache: '1s',
  signingLatency: '1s',
  clockSkew: '1s',
  verifierLeeway: '0s',
  verifiers: [{ name: 'every token', keyCache: '0s', refetch: 'never' }],
};
