/**
 * What ECS and EKS Pod Identity give a container.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
import type { CredentialProvider, Credentials, Environment } from './credentials.ts';
import { TokenError } from './errors.ts';

/** Amazon ECS Developer Guide, "Task IAM role": the address behind the relative form. */
const CONTAINER_HOST = 'http://169.254.170.2';
/** Renewed that long before they end. */
const EARLY_MS = 5 * 60_000;
const ANSWER_MS = 2000;

/** However many ask, the endpoint is asked once; those that still hold do as long as it gives no others. */
export function containerCredentials(environment: Environment, fetch: typeof globalThis.fetch): CredentialProvider {
  let held: Credentials | undefined;
  let flight: Promise<Credentials> | undefined;
  const holdsFor = (milliseconds: number) => (held?.expiration?.getTime() ?? 0) > Date.now() + milliseconds;
  return async () => {
    if (held && holdsFor(EARLY_MS)) return held;
    flight ??= fromContainer(environment, fetch).finally(() => {
      flight = undefined;
    });
    try {
      held = await flight;
    } catch (error) {
      if (!held || !holdsFor(0)) throw error;
    }
    return held;
  };
}

async function fromContainer(environment: Environment, fetch: typeof globalThis.fetch): Promise<Credentials> {
  const relative = environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const url = relative ? `${CONTAINER_HOST}${relative}` : environment.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!url) {
    const where = 'neither AWS_ACCESS_KEY_ID nor a container endpoint is in the environment';
    const how = 'give credentials, for example fromNodeProviderChain() of @aws-sdk/credential-providers';
    throw new TokenError('credentials_missing', `no AWS credentials: ${where}; ${how}`);
  }
  let status: number | undefined;
  try {
    const authorization = await containerToken(environment);
    const headers = authorization ? { authorization } : {};
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
    status = response.status;
    const text = await response.text();
    if (!response.ok) throw new Error(`it answers ${status}`);
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = readJson(text);
    if (!AccessKeyId || !SecretAccessKey) throw new Error(`it answers ${status} without a key`);
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: Token,
      expiration: Expiration ? new Date(Expiration) : undefined,
    };
  } catch (cause) {
    const sentence = 'the container endpoint gives no AWS credentials';
    throw new TokenError('credentials_missing', sentence, { status, cause });
  }
}

/** What JSON.parse throws quotes what it could not read. */
function readJson(text: string): Record<string, string> {
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new Error(`it answers ${text.length} characters that are no JSON`);
  }
}

async function containerToken(environment: Environment): Promise<string | undefined> {
  const file = environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  if (!file) return environment.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  // Read each time: the file is renewed. Only here, so that what has no file system can use the rest.
  const { readFile } = await import('node:fs/promises');
  return (await readFile(file, 'utf8')).trim();
}
