/** The bucket and the edge before it, in memory: conditional writes, and a cache that obeys what the documents say. */
import { createHash } from 'node:crypto';
import { KeyturnError } from '../core/errors.ts';
import type { Clock, Document, Edge, EdgeAnswer, Publisher, StoredDocument } from '../core/ports.ts';
import type { Perform } from './call.ts';
import type { Record } from './trace.ts';

export class SimulatedBucket implements Publisher, Edge {
  readonly home: string = 'simulated';
  readonly objects = new Map<string, StoredDocument>();
  /** While true the edge serves only what it has, however old. */
  frozen = false;
  readonly #copies = new Map<string, { readonly answer: EdgeAnswer; readonly freshUntil: number }>();
  readonly #clock: Clock;
  readonly #perform: Perform;
  readonly #record: Record;

  constructor(clock: Clock, perform: Perform, record: Record) {
    this.#clock = clock;
    this.#perform = perform;
    this.#record = record;
  }

  read(path: string): Promise<StoredDocument | undefined> {
    return this.#perform('publisher.read', () => this.objects.get(path));
  }

  write({ path, body, contentType, cacheControl }: Document, etag: string | undefined): Promise<void> {
    return this.#perform('publisher.write', () => {
      if (this.objects.get(path)?.etag !== etag) {
        throw new KeyturnError('document_conflict', `${path} is not the version that was read before`);
      }
      if (path.endsWith('/jwks.json')) {
        this.#record({ at: this.#clock(), kind: 'document', body, age: ageOf(cacheControl) });
      }
      // As S3 does: the bytes alone make the ETag.
      const next = `"${createHash('md5').update(body).digest('hex')}"`;
      this.objects.set(path, { body, etag: next, contentType, cacheControl });
    });
  }

  invalidate(paths: readonly string[]): Promise<void> {
    return this.#perform('publisher.invalidate', () => {
      for (const path of paths) this.#copies.delete(path);
    });
  }

  fetch(path: string): Promise<EdgeAnswer> {
    return this.#perform('edge.fetch', () => {
      const copy = this.#copies.get(path);
      if (copy && (this.frozen || this.#clock() < copy.freshUntil)) return copy.answer;
      const stored = this.frozen ? undefined : this.objects.get(path);
      if (!stored) throw new KeyturnError('edge_unreachable', `${path} must answer 200, it answers 403`);
      const answer = { body: stored.body, cacheControl: stored.cacheControl };
      const maxAge = seconds(stored.cacheControl, 'max-age');
      this.#copies.set(path, { answer, freshUntil: this.#clock() + maxAge });
      return answer;
    });
  }
}

const seconds = (header: string | undefined, directive: string): number =>
  Number(new RegExp(`${directive}=(\\d+)`).exec(header ?? '')?.[1] ?? 0);

/** How much older than the document a copy may be that is served. */
export const ageOf = (header: string | undefined): number =>
  ['max-age', 'stale-while-revalidate', 'stale-if-error'].reduce((sum, name) => sum + seconds(header, name), 0);
