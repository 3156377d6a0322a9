/** A world for the shipped verbs to run in: virtual time, everything in memory, faults where a test wants them. */
import { randomUUID } from 'node:crypto';
import { type BurnReport, burn } from '../core/burn.ts';
import type { BurnRequest } from '../core/burn-save.ts';
import { type Policy, parsePolicy } from '../core/config.ts';
import { isKeyturnError } from '../core/errors.ts';
import type { Keyring } from '../core/keyring.ts';
import { DEFAULT_LIMITS, parseSignRequest, type SignRequest } from '../core/request.ts';
import { type RotatorPorts, rotate, type TickReport } from '../core/rotate.ts';
import { type SignedToken, type SignerPorts, TokenSigner } from '../core/sign.ts';
import type { StepLine } from '../core/step-line.ts';
import { rotateNow } from '../core/wishes.ts';
import { SimulatedBucket } from './bucket.ts';
import { type Interceptor, intercepted } from './call.ts';
import { SimulatedKeyrings } from './keyrings.ts';
import { SimulatedKms } from './kms.ts';
import { Dice } from './random.ts';
import type { TraceEvent } from './trace.ts';

export class World {
  /** The true time. Seconds since 1970. */
  now = 1_800_000_000;
  /** How far the rotator's clock is ahead. */
  rotatorSkew = 0;
  intercept: Interceptor | undefined;
  /** While true a canary reaches the rotator with another signature than its key's. */
  spoilsCanaries = false;
  readonly log: StepLine[] = [];
  readonly trace: TraceEvent[] = [];
  readonly kms: SimulatedKms;
  readonly keyrings: SimulatedKeyrings;
  readonly bucket: SimulatedBucket;
  policy: Policy;
  readonly initialPolicy: Policy;
  /** Lets seconds pass for whoever waits. Overwritten where others go on meanwhile. */
  sleep = async (seconds: number): Promise<void> => {
    this.now += seconds;
  };
  #settings: Record<string, unknown>;
  readonly #canary: TokenSigner;
  readonly #randomId: () => string;

  /** @param seed with it every run is the same, and no token but a canary is really signed */
  constructor(settings: Record<string, unknown> = {}, seed?: string) {
    // Keys on P-256 are made a thousand times faster than RSA keys; the protocol does not care.
    this.#settings = { issuer: 'https://auth.example.com', algorithm: 'ES256', ...settings };
    this.policy = parsePolicy(this.#settings);
    this.initialPolicy = this.policy;
    const clock = () => this.now;
    const perform = intercepted(() => this.intercept);
    const record = (event: TraceEvent) => this.trace.push(event);
    let ids = 0;
    this.#randomId = seed === undefined ? randomUUID : () => `id-${++ids}`;
    this.kms = new SimulatedKms(clock, perform, record, seed === undefined ? undefined : new Dice(seed, 'keys'));
    this.keyrings = new SimulatedKeyrings(() => this.now, perform, record, seed !== undefined);
    this.bucket = new SimulatedBucket(clock, perform, record);
    this.#canary = this.signer();
  }

  get rotatorPorts(): RotatorPorts {
    return this.ports(() => this.rotatorSkew);
  }

  /** Those of one machine that rotates, with its own clock. */
  ports(skew: () => number): RotatorPorts {
    return {
      store: this.keyrings,
      keys: this.kms,
      publisher: this.bucket,
      edge: this.bucket,
      canary: { token: () => this.#canaryToken() },
      clock: () => this.now + skew(),
      randomId: this.#randomId,
      sleep: (seconds) => this.sleep(seconds),
      log: (line) => this.log.push(line),
    };
  }

  async #canaryToken(): Promise<string> {
    const { token, kid } = await this.#canary.canary();
    const spoiled = this.spoilsCanaries;
    this.trace.push({ at: this.now, kind: 'canary', kid, spoiled });
    return spoiled ? `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}` : token;
  }

  /** A signer of its own, with its own cache: one warm Lambda environment. */
  signer(ports: Partial<SignerPorts> = {}): TokenSigner {
    const own = { keyrings: this.keyrings, signer: this.kms, clock: () => this.now, randomId: this.#randomId };
    return new TokenSigner({ ...own, ...ports }, this.policy, DEFAULT_LIMITS);
  }

  /** Signs with a signer of `signer()`, and leaves a trace of the token; an error is the caller's to judge. */
  async sign(signer: TokenSigner, name: string, members: Record<string, unknown> = {}): Promise<SignedToken> {
    const token = await signer.sign(this.request(members));
    const { kid, issuedAt, expiresAt } = token;
    this.trace.push({ at: this.now, kind: 'token', signer: name, kid, issuedAt, expiresAt });
    return token;
  }

  tick(ports = this.rotatorPorts): Promise<TickReport> {
    return this.#traced(ports, () => rotate(ports, this.policy));
  }

  rotateNow(reason = 'test', ports = this.rotatorPorts): Promise<TickReport> {
    return this.#traced(ports, () => rotateNow(ports, this.policy, reason));
  }

  async burn(request: Partial<BurnRequest> = {}, ports = this.rotatorPorts): Promise<BurnReport> {
    const began = this.now;
    const offset = ports.clock() - this.now;
    const asked = { kids: 'all', reason: 'test', flush: false, ...request } as const;
    const report = await burn(ports, this.policy, asked).catch((error: unknown) => {
      this.trace.push({ at: this.now, kind: 'burn-failed', began });
      throw error;
    });
    const { burned: kids, removedAt, exposure, holds, fresh } = report;
    // Without a fresh key it has been said that one is still to come.
    const final = holds.length === 0 && fresh !== undefined;
    const answer = { kids, offset, removed: removedAt !== undefined, exposure, final };
    this.trace.push({ at: this.now, kind: 'burn', began, ...answer });
    return report;
  }

  async #traced(ports: RotatorPorts, run: () => Promise<TickReport>): Promise<TickReport> {
    const began = this.now;
    const offset = ports.clock() - this.now;
    const note = (outcome: { failed?: string; holds: readonly string[] }) =>
      this.trace.push({ at: this.now, kind: 'tick', began, offset, ...outcome });
    try {
      const report = await run();
      note({ holds: report.holds.map(({ kind }) => kind) });
      return report;
    } catch (error) {
      note({ failed: isKeyturnError(error) ? error.code : 'crashed', holds: [] });
      throw error;
    }
  }

  /** @throws KeyturnError `policy_invalid` */
  wouldBe(settings: Record<string, unknown>): Policy {
    return parsePolicy({ ...this.#settings, ...settings });
  }

  /** Another policy from now on, for the rotator; a signer has its own until it is replaced. */
  decide(settings: Record<string, unknown>): void {
    this.policy = this.wouldBe(settings);
    this.#settings = { ...this.#settings, ...settings };
    this.trace.push({ at: this.now, kind: 'policy', policy: this.policy });
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
    return this.keyrings.keyring ?? ({ keys: [] as Keyring['keys'] } as Keyring);
  }

  request(members: Record<string, unknown> = {}): SignRequest {
    const { tokenLifetime, maxTokenLifetime } = this.policy;
    const input = { audience: 'orders-api', claims: { sub: 'svc:checkout' }, ...members };
    return parseSignRequest(input, { ...DEFAULT_LIMITS, tokenLifetime, maxTokenLifetime });
  }
}
