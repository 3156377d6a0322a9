/** Three rotations and a burn, and what each library makes of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Algorithm, facts } from '../../lib/core/algorithms.ts';
import { AUDIENCE, type Signing } from './issuer.ts';
import type { Library } from './libraries.ts';
import { MixedSet } from './mixed-set.ts';
import type { Worker } from './worker.ts';

export interface Observed {
  readonly library: Library;
  /** Those whose first token it accepted. */
  readonly algorithms: Algorithm[];
  /** Tokens that it should have accepted at once and did not, with its reasons. */
  readonly surprises: string[];
  /** It accepts an RSA key's token though the set holds a key of a type that is new. */
  takesMixedSet: boolean;
  /** Seconds for which it refused a fresh key's token, or let it wait, when it had just met an unknown kid. */
  blindSeconds: number;
  /** Still accepts a token of the burned key after it has accepted one of the fresh key. */
  keepsBurnedKey: boolean;
}

export const ROTATIONS = 3;
/** For how long a token of a fresh key is shown to a library that does not know it yet. */
const PATIENCE_MS = 50_000;
/** The algorithm with which the burn is looked at in detail, as every library has it. */
const COMMON: Algorithm = 'RS256';

type Say = (sentence: string) => void;

export class Observing {
  readonly #issuers: readonly Signing[];
  readonly #workers: readonly Worker[];
  readonly #say: Say;
  readonly observed: readonly Observed[];

  constructor(issuers: readonly Signing[], workers: readonly Worker[], say: Say) {
    this.#issuers = issuers;
    this.#workers = workers;
    this.#say = say;
    this.observed = workers.map(({ library }) => ({
      library,
      algorithms: [],
      surprises: [],
      takesMixedSet: false,
      blindSeconds: 0,
      keepsBurnedKey: false,
    }));
  }

  async all(): Promise<readonly Observed[]> {
    await this.#first();
    await this.#mixed();
    for (let rotation = 1; rotation <= ROTATIONS; rotation++) await this.#rotation(rotation);
    await this.#burn();
    await this.#burnAgain();
    return this.observed;
  }

  async #first(): Promise<void> {
    const tokens = await this.#tokens();
    await this.#each(async (worker, observed) => {
      for (const issuer of this.#issuers) {
        const refusal = await ask(worker, issuer, tokens.get(issuer));
        if (refusal === undefined) observed.algorithms.push(issuer.algorithm);
        else this.#say(`${worker.library.title} refuses ${issuer.algorithm}: ${refusal}`);
      }
    });
  }

  /** While an issuer changes its algorithm, its set holds keys of two types. */
  async #mixed(): Promise<void> {
    const strange = this.#issuers.find(({ algorithm }) => facts(algorithm).kty === 'AKP') ?? this.#common;
    const set = await MixedSet.of([strange.jwksUrl, this.#common.jwksUrl]);
    const token = await this.#common.token();
    await this.#each(async (worker, observed) => {
      const refusal = await ask(worker, { ...about(this.#common), jwksUrl: set.url }, token);
      observed.takesMixedSet = refusal === undefined;
      if (refusal) this.#say(`${worker.library.title} refuses a set with a key of ${strange.algorithm}: ${refusal}`);
    });
    await set.close();
  }

  async #rotation(rotation: number): Promise<void> {
    const before = await this.#tokens();
    await Promise.all(this.#issuers.map((issuer) => issuer.rotate()));
    this.#say(`rotation ${rotation}`);
    const after = await this.#tokens();
    await this.#expectAll(`before rotation ${rotation}`, before);
    await this.#expectAll(`after rotation ${rotation}`, after);
  }

  async #burn(): Promise<void> {
    const burned = await this.#tokens();
    await this.#expectAll('to be burned', burned);
    await Promise.all(this.#issuers.map((issuer) => issuer.burn()));
    this.#say('the keys that signed are burned');
    await this.#expectAll('after the burn', await this.#tokens());
    await this.#each(async (worker, observed) => {
      observed.keepsBurnedKey = (await ask(worker, this.#common, burned.get(this.#common))) === undefined;
    });
  }

  /** At the worst moment: everybody has just fetched for the first fresh key, and then met a stray kid. */
  async #burnAgain(): Promise<void> {
    const stray = withKid(await this.#common.token(), 'stray');
    const strayed = this.#workers.map((worker) => ask(worker, this.#common, stray));
    await this.#common.burn();
    this.#say('and the fresh key too');
    const token = await this.#common.token();
    await this.#each(async (worker, observed) => {
      await strayed[this.#workers.indexOf(worker)];
      const startedAt = Date.now();
      let refusedMs = 0;
      let shown = await timed(() => ask(worker, this.#common, token));
      while (shown.answer !== undefined && refusedMs < PATIENCE_MS) {
        refusedMs = shown.askedAt - startedAt;
        await sleep(500);
        shown = await timed(() => ask(worker, this.#common, token));
      }
      if (shown.answer) observed.surprises.push(`RS256, ${PATIENCE_MS / 1000} s after a second burn: ${shown.answer}`);
      // Now it has the key: what this takes is the machine's, and not the library's.
      const again = await timed(() => ask(worker, this.#common, token));
      observed.blindSeconds = Math.round(Math.max(refusedMs, shown.ms - again.ms) / 1000);
    });
  }

  async #expectAll(when: string, tokens: ReadonlyMap<Signing, string>): Promise<void> {
    await this.#each(async (worker, { algorithms, surprises }) => {
      for (const issuer of this.#issuers.filter(({ algorithm }) => algorithms.includes(algorithm))) {
        const refusal = await ask(worker, issuer, tokens.get(issuer));
        if (refusal) surprises.push(`${issuer.algorithm}, ${when}: ${refusal}`);
      }
    });
  }

  async #tokens(): Promise<ReadonlyMap<Signing, string>> {
    return new Map(await Promise.all(this.#issuers.map(async (issuer) => [issuer, await issuer.token()] as const)));
  }

  async #each(look: (worker: Worker, observed: Observed) => Promise<void>): Promise<void> {
    await Promise.all(this.#workers.map((worker, index) => look(worker, this.observed[index] as Observed)));
  }

  get #common(): Signing {
    return this.#issuers.find(({ algorithm }) => algorithm === COMMON) as Signing;
  }
}

async function timed<T>(act: () => Promise<T>): Promise<{ answer: T; askedAt: number; ms: number }> {
  const askedAt = Date.now();
  const answer = await act();
  return { answer, askedAt, ms: Date.now() - askedAt };
}

const about = ({ url, jwksUrl, algorithm }: Signing) => ({ url, jwksUrl, algorithm });

function ask(
  worker: Worker,
  { url: issuer, jwksUrl, algorithm }: Pick<Signing, 'url' | 'jwksUrl' | 'algorithm'>,
  token = '',
): Promise<string | undefined> {
  return worker.refusal({ issuer, audience: AUDIENCE, jwksUrl, algorithm, token });
}

function withKid(token: string, kid: string): string {
  const [header = '', payload, signature] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), kid };
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), payload, signature].join('.');
}
