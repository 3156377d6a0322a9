/** One attempt after the other to have a token of the issuer: signed where it must be, and within its time. */
import { AwsV4Signer } from 'aws4fetch';
import { type CredentialProvider, provided } from './credentials.ts';
import { TokenError } from './errors.ts';
import { ATTEMPT_MS, type Landed } from './flight.ts';
import type { Endpoint } from './issuer-endpoint.ts';

export interface AttemptsOptions {
  readonly endpoint: Endpoint;
  readonly credentials: CredentialProvider;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => number;
}

/** By more than that AWS refuses a signature: IAM User Guide, "Create a signed AWS API request". */
const TOLERATED_SKEW_MS = 5 * 60_000;
const HEADERS = { 'content-type': 'application/json' };

export class Attempts {
  readonly #options: AttemptsOptions;
  /** By how much the clock of AWS is ahead of this machine's, where that matters. */
  #skewMs = 0;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** @throws TokenError */
  async attempt(body: string): Promise<Landed> {
    const { endpoint, now } = this.#options;
    const limit = AbortSignal.timeout(ATTEMPT_MS);
    const askedAt = now();
    let response = await this.#post(body, limit);
    if (this.#hasLearntTheTime(response)) {
      await response.body?.cancel();
      response = await this.#post(body, limit);
    }
    return { issued: await endpoint.read(response), askedAt };
  }

  async #post(body: string, limit: AbortSignal): Promise<Response> {
    const { endpoint, fetch } = this.#options;
    const headers = endpoint.region ? await this.#signed(endpoint.region, body, limit) : HEADERS;
    try {
      return await fetch(endpoint.url, { method: 'POST', headers, body, signal: limit });
    } catch (cause) {
      throw new TokenError('unreachable', `the issuer must answer within ${ATTEMPT_MS} ms, it does not`, { cause });
    }
  }

  async #signed(region: string, body: string, limit: AbortSignal): Promise<Headers> {
    const { endpoint, credentials, now } = this.#options;
    const { accessKeyId, secretAccessKey, sessionToken } = await provided(credentials, limit);
    const keys = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
    const datetime = new Date(now() + this.#skewMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
    const target = { url: endpoint.url, method: 'POST', headers: HEADERS, body, service: 'lambda', region };
    return (await new AwsV4Signer({ ...target, ...keys, datetime }).sign()).headers;
  }

  /** A signature of another time is refused, with the right one beside it. */
  #hasLearntTheTime({ status, headers }: Response): boolean {
    const skewMs = Date.parse(headers.get('date') ?? '') - this.#options.now();
    const isOff = Math.abs(skewMs - this.#skewMs) > TOLERATED_SKEW_MS;
    if (status !== 403 || !this.#options.endpoint.region || !isOff) return false;
    this.#skewMs = skewMs;
    return true;
  }
}
