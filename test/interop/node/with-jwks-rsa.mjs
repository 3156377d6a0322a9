import jwt from 'jsonwebtoken';
import { JwksClient } from 'jwks-rsa';

export function verifier({ issuer, audience, jwksUrl, algorithm }) {
  // One for the whole process: it holds the keys.
  const keys = new JwksClient({ jwksUri: jwksUrl, rateLimit: true });
  const getKey = ({ kid }, callback) =>
    keys.getSigningKey(kid).then(
      (key) => callback(null, key.getPublicKey()),
      (error) => callback(error),
    );
  return (token) =>
    new Promise((resolve, reject) => {
      jwt.verify(token, getKey, { issuer, audience, algorithms: [algorithm] }, (error, claims) =>
        error ? reject(error) : resolve(claims),
      );
    });
}
