/**
 * AWS credentials from where a Lambda and a container find theirs. Everything else (profiles, SSO, instances) is an option:
 * a function, such as the one that `fromNodeProviderChain()` of @aws-sdk/credential-providers makes.
 */
import { TokenError } from './errors.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}
export type CredentialProvider = () => Promise<Credentials>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Amazon ECS Developer Guide, "Task IAM role": the address behind the relative form. */
const CONTAINER_HOST = 'http://169.254.170.2';
/** Renewed that long before they end. */
const EARLY_MS = 5 * 60_000;

/** @throws TokenError `credentials_missing` */
export function defaultCredentials(environment: Environment, fetch: typeof globalThis.fetch): CredentialProvider {
  let held: Credentials | undefined;
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
    if (accessKeyId && secretAccessKey) {
      return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN };
    }
    if (held?.expiration && held.expiration.getTime() - EARLY_MS > Date.now()) return held;
    held = await fromContainer(environment, fetch);
    return held;
  };
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html, for ECS, and for EKS Pod Identity. */
async function fromContainer(environment: Environment, fetch: typeof globalThis.fetch): Promise<Credentials> {
  const relative = environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const url = relative ? `${CONTAINER_HOST}${relative}` : environment.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!url) {
    const where = 'neither AWS_ACCESS_KEY_ID nor a container endpoint is in the environment';
    const how = 'give credentials, for example fromNodeProviderChain() of @aws-sdk/credential-providers';
    throw new TokenError('credentials_missing', `no AWS credentials: ${where}; ${how}`);
  }
  const authorization = await containerToken(environment);
  try {
    const response = await fetch(url, {
      headers: authorization ? { authorization } : {},
      signal: AbortSignal.timeout(2000),
    });
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = (await response.json()) as Record<string, string>;
    if (!AccessKeyId || !SecretAccessKey) throw new Error(`it answers ${response.status} without a key`);
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: Token,
      expiration: Expiration ? new Date(Expiration) : undefined,
    };
  } catch (cause) {
    throw new TokenError('credentials_missing', 'the container endpoint gives no AWS credentials', { cause });
  }
}

async function containerToken(environment: Environment): Promise<string | undefined> {
  const file = environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  if (!file) return environment.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  // Read each time: the file is renewed. Only here, so that what has no file system can use the rest.
  const { readFile } = await import('node:fs/promises');
  return (await readFile(file, 'utf8')).trim();
}
