/**
 * AWS credentials from where a Lambda and a container find theirs. Everything else (profiles, SSO, instances) is an option:
 * a function, such as the one that `fromNodeProviderChain()` of @aws-sdk/credential-providers makes.
 */
import { containerCredentials } from './container-credentials.ts';
import { TokenError } from './errors.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}
export type CredentialProvider = () => Promise<Credentials>;
export type Environment = Readonly<Record<string, string | undefined>>;

export function defaultCredentials(environment: Environment, fetch: typeof globalThis.fetch): CredentialProvider {
  const ofContainer = containerCredentials(environment, fetch);
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
    if (!accessKeyId || !secretAccessKey) return ofContainer();
    return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN };
  };
}

/**
 * What a provider gives, as long as `limit` lets it.
 * @throws TokenError `credentials_missing`, whatever the provider throws
 */
export async function provided(provider: CredentialProvider, limit: AbortSignal): Promise<Credentials> {
  let end: (() => void) | undefined;
  try {
    const credentials = await new Promise<Credentials>((resolve, reject) => {
      end = () => reject(limit.reason);
      limit.addEventListener('abort', end);
      Promise.resolve(provider()).then(resolve, reject);
    });
    if (!credentials?.accessKeyId || !credentials.secretAccessKey) throw new Error('they are without a key');
    return credentials;
  } catch (cause) {
    if (cause instanceof TokenError) throw cause;
    throw new TokenError('credentials_missing', 'the provider of credentials must give some, it gives none', { cause });
  } finally {
    if (end) limit.removeEventListener('abort', end);
  }
}
