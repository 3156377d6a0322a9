/**
 * Stands in for @aws-sdk/credential-provider-node in the functions' bundles. A Lambda's credentials are in its
 * environment and stay the same for its life; the providers for SSO, profiles and EC2 would be 132 of 311 KB.
 */
export const defaultProvider = () => {
  let known: Credentials | undefined;
  // It is asked for each request, and reading the environment takes longer than one thinks.
  return async () => (known ??= readCredentials());
};

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

function readCredentials(): Credentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set, as Lambda sets them');
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
}
