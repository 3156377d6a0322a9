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
import { parsePolicy } from '../../core/config.ts';
import { KeyturnError } from '../../core/errors.ts';
import { documentPaths } from '../../core/issuer.ts';
import { checkTokenSize, signingInput } from '../../core/jws.ts';
import { secretNames } from '../../core/names.ts';
import { DEFAULT_LIMITS, parseSignRequest } from '../../core/request.ts';
import type { IssuedToken } from '../client/issuer-answer.ts';
import type { TokenRequest } from '../client/request.ts';
import { TestKeyring } from './test-keyring.ts';
import { signWith } from './test-keys.ts';
import { serve } from './test-server.ts';

export interface TestIssuerOptions {
  /** The `iss` of its tokens. @default - the address at which it answers on this machine */
  readonly issuer?: string | undefined;
  /** @default 'RS256' */
  readonly algorithm?: Algorithm | undefined;
  /** As in keyturn.config.json; each posts to `/sign/NAME`. @default - none: anybody may have any token, at `/sign` */
  readonly clients?: Readonly<Record<string, ClientRules>> | undefined;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** What a token is to say that no issuer would: an end in the past, another `iss`, a `kid` that nobody knows. */
export interface Forgery {
  readonly header?: object | undefined;
  readonly payload?: object | undefined;
}

/** What the options come to. */
function read(url: string, { issuer = url, algorithm = 'RS256', clients, now = Date.now }: TestIssuerOptions) {
  const policy = parsePolicy({ tick: '60s', rotationPeriod: '30d', issuer, algorithm });
  const { tokenLifetime, maxTokenLifetime, secretClaims } = policy;
  const limits = { ...DEFAULT_LIMITS, tokenLifetime, maxTokenLifetime, secretClaims: secretNames(secretClaims) };
  const known: Clients | undefined = clients && readClients(checkClientRules(clients, secretClaims));
  return { policy, limits, clients: known, now: () => now() / 1000 };
}
type Settings = ReturnType<typeof read>;

export class TestIssuer {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** Where it answers on this machine. */
  readonly url: string;
  readonly #server: Server;
  readonly #settings: Settings;
  readonly #keyring: TestKeyring;

  private constructor(server: Server, url: string, settings: Settings, keyring: TestKeyring) {
    this.#server = server;
    this.url = url;
    this.issuer = settings.policy.issuer;
    this.#settings = settings;
    this.#keyring = keyring;
  }

  static async start(options: TestIssuerOptions = {}): Promise<TestIssuer> {
    let issuer: TestIssuer | undefined;
    const { url, server } = await serve({
      documents: () => issuer?.documents() ?? new Map(),
      sign: async (path, body) => issuer?.sign(path, body) ?? {},
    });
    try {
      const settings = read(url, options);
      issuer = new TestIssuer(server, url, settings, await TestKeyring.found(settings.policy, settings.now));
      return issuer;
    } catch (error) {
      server.close();
      throw error;
    }
  }

  get jwksUrl(): string {
    return `${this.url}${documentPaths(this.issuer).jwks}`;
  }

  /** The key that signs. */
  get kid(): string {
    return this.#keyring.active.kid;
  }

  /** What the edge serves: its keys, one standby among them. */
  jwks(): { readonly keys: readonly Record<string, unknown>[] } {
    return JSON.parse(this.documents().get(documentPaths(this.issuer).jwks)?.body ?? '{}');
  }

  /** Every document by its path, as it is served. */
  documents(): ReadonlyMap<string, { readonly body: string; readonly cacheControl: string }> {
    return new Map(this.#keyring.documents().map((document) => [document.path, document]));
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
    const { limits, now } = this.#settings;
    const { active, activeKey } = this.#keyring;
    const { algorithm, kid } = active;
    const parsed = parseSignRequest(request, limits, this.#client(client));
    const issuedAt = Math.floor(now());
    const expiresAt = issuedAt + parsed.expiresIn;
    const jti = randomUUID();
    const payload = buildClaims(parsed, { issuer: this.issuer, jti, issuedAt, expiresAt });
    const input = signingInput({ algorithm, kid, type: parsed.type }, payload);
    checkTokenSize(input, algorithm, limits.maxTokenBytes);
    const header = { alg: algorithm, kid, typ: parsed.type, ...forgery.header };
    const token = await signWith(activeKey, header, { ...payload, ...forgery.payload });
    return { token, kid, algorithm, jti, issuedAt, expiresAt };
  }

  /** The standby signs, the former key stays published for its grace, and there is another standby. Answers with the kid. */
  async rotate(): Promise<string> {
    await this.#keyring.rotate();
    return this.kid;
  }

  /** The key that signs is gone at once, and a key that nobody has seen signs. Answers with its kid. */
  async burn(): Promise<string> {
    await this.#keyring.burn();
    return this.kid;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async sign(path: string, body: string): Promise<IssuedToken> {
    const client = /^\/sign(?:\/([\w-]+))?\/?$/.exec(path);
    if (!client) throw new KeyturnError('client_unknown', `a token is asked for at /sign, got ${path}`);
    return this.mint(parseBody(body, this.#settings.limits) as TokenRequest, {}, client[1]);
  }

  #client(name: string | undefined) {
    const { clients } = this.#settings;
    const client = name === undefined ? undefined : clients?.get(name);
    if ((clients === undefined) === (name === undefined) && (client || !clients)) return client;
    const known = clients ? [...clients.keys()].join(', ') : 'none';
    throw new KeyturnError('client_unknown', `the issuer's clients are ${known}, got ${name ?? 'none'}`);
  }
}

/** An issuer that answers on this machine until it is closed. */
export const startTestIssuer = (options?: TestIssuerOptions): Promise<TestIssuer> => TestIssuer.start(options);
