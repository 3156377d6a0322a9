/**
 * An issuer in the process of a test: real keys, real signatures, the rules and documents of a deployed one, and nothing of
 * AWS. Its keys protect nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Algorithm } from '../../core/algorithms.ts';
import { parseBody } from '../../core/body.ts';
import { buildClaims } from '../../core/claims.ts';
import { checkClientRules } from '../../core/client-rules.ts';
import { type ClientRules, type Clients, readClients } from '../../core/clients.ts';
import { compromise } from '../../core/compromise.ts';
import { type Policy, parsePolicy } from '../../core/config.ts';
import { renderDocuments } from '../../core/discovery.ts';
import { KeyturnError } from '../../core/errors.ts';
import { documentPaths } from '../../core/issuer.ts';
import { checkTokenSize, signingInput } from '../../core/jws.ts';
import { type ActiveKey, activeKey, type Keyring, standbyKey } from '../../core/keyring.ts';
import { secretNames } from '../../core/names.ts';
import { DEFAULT_LIMITS, parseSignRequest, type RequestLimits } from '../../core/request.ts';
import * as transitions from '../../core/transitions.ts';
import type { IssuedToken } from '../client/issuer-answer.ts';
import type { TokenRequest } from '../client/request.ts';
import { makeTestKey, signWith, type TestKey } from './test-keys.ts';
import { serve } from './test-server.ts';

export interface TestIssuerOptions {
  /** The `iss` of its tokens. @default - the address at which it answers on this machine */
  readonly issuer?: string;
  /** @default 'RS256' */
  readonly algorithm?: Algorithm;
  /** As in keyturn.config.json; each posts to `/sign/NAME`. @default - none: anybody may have any token, at `/sign` */
  readonly clients?: Readonly<Record<string, ClientRules>>;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** What a token is to say that no issuer would: an end in the past, another `iss`, a `kid` that nobody knows. */
export interface Forgery {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
}

const settings = { tick: '60s', rotationPeriod: '30d' };

export class TestIssuer {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** Where it answers on this machine. */
  readonly url: string;
  readonly #policy: Policy;
  readonly #server: Server;
  readonly #clients: Clients | undefined;
  readonly #limits: RequestLimits;
  readonly #now: () => number;
  readonly #keys = new Map<string, TestKey>();
  #keyring: Keyring;

  private constructor(server: Server, url: string, options: TestIssuerOptions) {
    const { issuer = url, algorithm = 'RS256', clients, now = Date.now } = options;
    this.#server = server;
    this.url = url;
    this.#policy = parsePolicy({ ...settings, issuer, algorithm });
    this.issuer = this.#policy.issuer;
    const { secretClaims, tokenLifetime, maxTokenLifetime } = this.#policy;
    this.#clients = clients && readClients(checkClientRules(clients, secretClaims));
    this.#limits = { ...DEFAULT_LIMITS, tokenLifetime, maxTokenLifetime, secretClaims: secretNames(secretClaims) };
    this.#now = () => now() / 1000;
    this.#keyring = transitions.foundKeyring(this.issuer, randomUUID(), 'test');
  }

  static async start(options: TestIssuerOptions = {}): Promise<TestIssuer> {
    let issuer: TestIssuer | undefined;
    const { url, server } = await serve({
      documents: () => issuer?.documents() ?? new Map(),
      sign: async (path, body) => issuer?.sign(path, body) ?? {},
    });
    try {
      issuer = new TestIssuer(server, url, options);
    } catch (error) {
      server.close();
      throw error;
    }
    await issuer.#addStandby();
    issuer.#activateStandby();
    await issuer.#addStandby();
    return issuer;
  }

  get jwksUrl(): string {
    return `${this.url}${documentPaths(this.issuer).jwks}`;
  }

  /** The key that signs. */
  get kid(): string {
    return this.#active().kid;
  }

  /** What the edge serves: its keys, one standby among them. */
  jwks(): { readonly keys: readonly Record<string, unknown>[] } {
    return JSON.parse(this.documents().get(documentPaths(this.issuer).jwks)?.body ?? '{}');
  }

  /** Every document by its path, as it is served. */
  documents(): ReadonlyMap<string, { readonly body: string; readonly cacheControl: string }> {
    return new Map(renderDocuments(this.#keyring, this.#policy).map((document) => [document.path, document]));
  }

  /**
   * Answers for its own documents at the issuer's name, whatever that is; anything else goes to the network. For code under
   * test whose issuer is an address of production.
   */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const found = url.origin === new URL(this.issuer).origin ? this.documents().get(url.pathname) : undefined;
    if (!found) return globalThis.fetch(input, init);
    const headers = { 'content-type': 'application/json', 'cache-control': found.cacheControl };
    return new Response(found.body, { headers });
  };

  /**
   * A token, as the deployed sign function would issue it; what `forgery` holds is written over it before it is signed.
   * @throws KeyturnError with the code of docs/errors.md
   */
  async mint(request: TokenRequest, forgery: Forgery = {}, client?: string): Promise<IssuedToken> {
    const { algorithm, kid } = this.#active();
    const parsed = parseSignRequest(request, this.#limits, this.#client(client));
    const issuedAt = Math.floor(this.#now());
    const expiresAt = issuedAt + parsed.expiresIn;
    const jti = randomUUID();
    const payload = buildClaims(parsed, { issuer: this.issuer, jti, issuedAt, expiresAt });
    const input = signingInput({ algorithm, kid, type: parsed.type }, payload);
    checkTokenSize(input, algorithm, this.#limits.maxTokenBytes);
    const header = { alg: algorithm, kid, typ: parsed.type, ...forgery.header };
    const token = await signWith(this.#keys.get(kid) as TestKey, header, { ...payload, ...forgery.payload });
    return { token, kid, algorithm, jti, issuedAt, expiresAt };
  }

  /** The standby signs, the former key stays published, and there is another standby. Answers with the kid that signs. */
  async rotate(): Promise<string> {
    this.#activateStandby();
    await this.#addStandby();
    return this.kid;
  }

  /** The key that signs is gone at once, and a key that nobody has seen signs. Answers with its kid. */
  async burn(): Promise<string> {
    const intent = { id: randomUUID(), algorithm: this.#policy.algorithm, openedAt: this.#now() };
    const terms = { reason: 'test', immediate: true, intent };
    this.#keyring = compromise(this.#keyring, [this.kid], terms, this.#policy, this.#now());
    await this.#addStandby();
    this.#activateStandby();
    await this.#addStandby();
    return this.kid;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async sign(path: string, body: string): Promise<IssuedToken> {
    const client = /^\/sign(?:\/([\w-]+))?$/.exec(path);
    if (!client) throw new KeyturnError('client_unknown', `a token is asked for at /sign, got ${path}`);
    return this.mint(parseBody(body, this.#limits) as TokenRequest, {}, client[1]);
  }

  #client(name: string | undefined) {
    const client = name === undefined ? undefined : this.#clients?.get(name);
    if ((this.#clients === undefined) === (name === undefined) && (client || !this.#clients)) return client;
    const known = this.#clients ? [...this.#clients.keys()].join(', ') : 'none';
    throw new KeyturnError('client_unknown', `the issuer's clients are ${known}, got ${name ?? 'none'}`);
  }

  #active(): ActiveKey {
    return activeKey(this.#keyring) as ActiveKey;
  }

  async #addStandby(): Promise<void> {
    const { algorithm } = this.#policy;
    const id = this.#keyring.intent?.id ?? randomUUID();
    if (!this.#keyring.intent) {
      this.#keyring = transitions.openIntent(this.#keyring, { id, algorithm, openedAt: this.#now() });
    }
    const key = await makeTestKey(algorithm);
    this.#keys.set(key.jwk.kid, key);
    const made = { intentId: id, keyArn: `test:${key.jwk.kid}`, jwk: key.jwk };
    this.#keyring = transitions.observe(
      transitions.addPending(this.#keyring, made, this.#now()),
      key.jwk.kid,
      this.#now(),
    );
  }

  #activateStandby(): void {
    const standby = standbyKey(this.#keyring, this.#policy.algorithm);
    if (!standby) return;
    const terms = transitions.activationTerms(this.#policy, this.#now());
    this.#keyring = transitions.activate(this.#keyring, standby, terms, this.#now());
  }
}

/** An issuer that answers on this machine until it is closed. */
export const startTestIssuer = (options?: TestIssuerOptions): Promise<TestIssuer> => TestIssuer.start(options);
