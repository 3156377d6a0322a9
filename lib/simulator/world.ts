/** A world for the shipped verbs to run in: virtual time, everything in memory, faults where a test wants them. */
import { randomUUID } from 'node:crypto';
import { type BurnReport, type BurnRequest, burn } from '../core/burn.ts';
import { type Policy, parsePolicy } from '../core/config.ts';
import type { Keyring } from '../core/keyring.ts';
import { DEFAULT_LIMITS, parseSignRequest } from '../core/request.ts';
import { type RotatorPorts, rotate, type StepLine, type TickReport } from '../core/rotate.ts';
import { type SignedToken, type SignerPorts, TokenSigner } from '../core/sign.ts';
import { rotateNow } from '../core/wishes.ts';
import { SimulatedBucket } from './bucket.ts';
import { type Interceptor, intercepted } from './call.ts';
import { SimulatedKeyrings } from './keyrings.ts';
import { SimulatedKms } from './kms.ts';
import type { TraceEvent } from './trace.ts';

export class World {
  /** The true time. Seconds since 1970. */
  now = 1_800_000_000;
  /** How far the rotator's clock is ahead. */
  rotatorSkew = 0;
  intercept: Interceptor | undefined;
  readonly log: StepLine[] = [];
  readonly trace: TraceEvent[] = [];
  readonly kms: SimulatedKms;
  readonly keyrings: SimulatedKeyrings;
  readonly bucket: SimulatedBucket;
  policy: Policy;
  readonly #canary: TokenSigner;

  constructor(settings: Record<string, unknown> = {}) {
    // Keys on P-256 are made a thousand times faster than RSA keys; the protocol does not care.
    this.policy = parsePolicy({ issuer: 'https://auth.example.com', algorithm: 'ES256', ...settings });
    const clock = () => this.now;
    const perform = intercepted(() => this.intercept);
    const record = (event: TraceEvent) => this.trace.push(event);
    this.kms = new SimulatedKms(clock, perform, record);
    this.keyrings = new SimulatedKeyrings(clock, perform, record);
    this.bucket = new SimulatedBucket(clock, perform, record);
    this.#canary = this.signer();
  }

  get rotatorPorts(): RotatorPorts {
    return {
      store: this.keyrings,
      keys: this.kms,
      publisher: this.bucket,
      edge: this.bucket,
      canary: { token: async () => (await this.#canary.canary()).token },
      clock: () => this.now + this.rotatorSkew,
      randomId: randomUUID,
      sleep: async (seconds) => {
        this.now += seconds;
      },
      log: (line) => this.log.push(line),
    };
  }

  /** A signer of its own, with its own cache: one warm Lambda environment. */
  signer(ports: Partial<SignerPorts> = {}): TokenSigner {
    const own = { keyrings: this.keyrings, signer: this.kms, clock: () => this.now, randomId: randomUUID };
    return new TokenSigner({ ...own, ...ports }, this.policy, DEFAULT_LIMITS);
  }

  /** Signs with a signer of `signer()`, and leaves a trace of the token; an error is the caller's to judge. */
  async sign(signer: TokenSigner, name: string, members: Record<string, unknown> = {}): Promise<SignedToken> {
    const token = await signer.sign(this.request(members));
    const { kid, issuedAt, expiresAt } = token;
    this.trace.push({ at: this.now, kind: 'token', signer: name, kid, issuedAt, expiresAt });
    return token;
  }

  tick(): Promise<TickReport> {
    return rotate(this.rotatorPorts, this.policy);
  }

  rotateNow(reason = 'test'): Promise<TickReport> {
    return rotateNow(this.rotatorPorts, this.policy, reason);
  }

  burn(request: Partial<BurnRequest> = {}): Promise<BurnReport> {
    return burn(this.rotatorPorts, this.policy, { kids: 'all', reason: 'test', flush: false, ...request });
  }

  /** Lets time pass, with a tick whenever one is due. */
  async pass(seconds: number): Promise<void> {
    const end = this.now + seconds;
    while (this.now + this.policy.tick <= end) {
      this.now += this.policy.tick;
      await this.tick();
    }
    this.now = end;
  }

  get keyring(): Keyring {
    return JSON.parse(this.keyrings.item?.text ?? '{"keys":[]}') as Keyring;
  }

  request(members: Record<string, unknown> = {}) {
    const { tokenLifetime, maxTokenLifetime } = this.policy;
    const input = { audience: 'orders-api', claims: { sub: 'svc:checkout' }, ...members };
    return parseSignRequest(input, { ...DEFAULT_LIMITS, tokenLifetime, maxTokenLifetime });
  }
}
