/** The issuers that sign for everybody: one an algorithm, on the local stack, under windows that pass the check. */
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeProtectedHeader } from 'jose';
import type { Algorithm } from '../../lib/core/algorithms.ts';
import { type Issuer, startIssuer } from '../functions/issuer.ts';
import { burn, servedKids } from '../functions/operating.ts';

export const AUDIENCE = 'orders-api';
/** Between two fetches for unknown kids, of the slowest library as its worker is told to be. */
const SLOWEST_REFETCH_SECONDS = 30;
/** Outlives whatever it is shown for, so that a refusal is never one for age. */
const LIFETIME_SECONDS = 150;

const CONFIG = {
  // A little more than the least: a rotation comes when the last issuer of all is ready for one.
  rotationPeriod: '37s',
  publicationLead: '34s',
  grace: '170s',
  tokenLifetime: '60s',
  maxTokenLifetime: `${LIFETIME_SECONDS}s`,
  tick: '2s',
  edgeMaxAge: '1s',
  edgeStaleWhileRevalidate: '0s',
  edgeStaleIfError: '0s',
  signerCache: '1s',
  // A busy machine signs late.
  signingLatency: '10s',
  clockSkew: '1s',
  verifierLeeway: '0s',
  verifiers: [{ name: 'the slowest', keyCache: 'forever', refetch: `${SLOWEST_REFETCH_SECONDS}s` }],
};

export class Signing {
  readonly algorithm: Algorithm;
  readonly #issuer: Issuer;

  private constructor(algorithm: Algorithm, issuer: Issuer) {
    this.algorithm = algorithm;
    this.#issuer = issuer;
  }

  static async start(algorithm: Algorithm): Promise<Signing> {
    const issuer = await startIssuer({ config: { ...CONFIG, algorithm }, signers: 1 });
    const signing = new Signing(algorithm, issuer);
    await signing.#settle();
    return signing;
  }

  get url(): string {
    return this.#issuer.policy.issuer;
  }

  get jwksUrl(): string {
    return `${this.url}/.well-known/jwks.json`;
  }

  async token(): Promise<string> {
    const request = { audience: AUDIENCE, expiresIn: LIFETIME_SECONDS, claims: { sub: 'svc:checkout' } };
    return (await this.#issuer.sign(request)).token;
  }

  /** Until the next key signs and the one after it is at the edge. */
  async rotate(): Promise<void> {
    const before = await this.#kid();
    for (;;) {
      await this.#settle();
      if ((await this.#kid()) !== before) return;
      await sleep(1000);
    }
  }

  /** Burns the key that signs. The next token is of a key that nobody has seen, or this throws. */
  async burn(): Promise<void> {
    const [kid, known] = [await this.#kid(), await servedKids(this.#issuer)];
    const { signing } = await burn(this.#issuer, { kid });
    if (signing === undefined || known.includes(signing)) throw new Error(`a fresh key must sign, ${signing} does`);
  }

  close(): Promise<void> {
    return this.#issuer.close();
  }

  async #kid(): Promise<string | undefined> {
    return decodeProtectedHeader(await this.token()).kid;
  }

  /** Ticks until the edge shows what is published: it keeps a document for a second. */
  async #settle(): Promise<void> {
    await this.#issuer.report();
    await sleep(1100);
    await this.#issuer.report();
  }
}
