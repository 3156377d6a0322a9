/** Short windows that pass the check, with the shortest tick that a schedule has. */
export const ISSUER = 'https://auth.example.com';

export const WINDOWS = {
  issuer: ISSUER,
  algorithm: 'ES256',
  rotationPeriod: '68s',
  // Long enough for something to be done between the wish for a rotation and its fulfilment.
  publicationLead: '8s',
  grace: '16s',
  tokenLifetime: '9s',
  maxTokenLifetime: '10s',
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
