/** What every Edge has to do: as strict as the strictest verifier. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Edge, Publisher } from '../../lib/core/ports.ts';
import { expectRefusal } from './refusal.ts';

/** What a server before the documents may do instead of serving them. */
export type Misbehaviour =
  | { readonly status: number; readonly location?: string }
  | 'hangs'
  | 'hangs in the body'
  | 'closes'
  | 'ends early'
  | 'sends too much'
  | 'never ends'
  | 'is not there';

export interface EdgeUnderTest {
  readonly edge: Edge;
  /** The bucket behind it. */
  readonly publisher: Publisher;
  /** Lets the edge's copies grow this old. */
  readonly pass?: (seconds: number) => void;
  /** An edge in front of a server that misbehaves. Its time limit is short. */
  readonly misbehaving?: (how: Misbehaviour) => Promise<Edge>;
}

const CACHE_CONTROL = 'public, max-age=300';
const write = async (publisher: Publisher, path: string, body: string) =>
  publisher.write(
    { path, body, contentType: 'application/json', cacheControl: CACHE_CONTROL },
    (await publisher.read(path))?.etag,
  );

export function edge(name: string, create: () => Promise<EdgeUnderTest>): void {
  describe(`${name}: edge`, () => {
    test('serves a document with its cache control', async () => {
      const { edge, publisher } = await create();
      const path = `/${randomUUID()}`;
      await write(publisher, path, '{"é":"\u{1F511}"}');
      expect(await edge.fetch(path)).toEqual({ body: '{"é":"\u{1F511}"}', cacheControl: CACHE_CONTROL });
    });

    test('a document that is not there is unreachable', async () => {
      const { edge } = await create();
      const path = `/${randomUUID()}`;
      const refusal = await expectRefusal(edge.fetch(path), 'edge_unreachable');
      expect(refusal.message).toContain(path);
    });

    test('it keeps its copies until it is asked to forget them, and forgets no others', async () => {
      const { edge, publisher } = await create();
      const [a, b] = [`/${randomUUID()}`, `/${randomUUID()}`];
      for (const path of [a, b]) await write(publisher, path, 'one');
      for (const path of [a, b]) await edge.fetch(path);
      for (const path of [a, b]) await write(publisher, path, 'two');
      expect((await edge.fetch(a)).body).toBe('one');
      await publisher.invalidate([a]);
      expect((await edge.fetch(a)).body).toBe('two');
      expect((await edge.fetch(b)).body).toBe('one');
    });

    test('a copy is kept for max-age', async ({ skip }) => {
      const { edge, publisher, pass } = await create();
      if (!pass) return skip('its clock is the real one');
      const path = `/${randomUUID()}`;
      await write(publisher, path, 'one');
      await edge.fetch(path);
      await write(publisher, path, 'two');
      pass(299);
      expect((await edge.fetch(path)).body).toBe('one');
      pass(1);
      expect((await edge.fetch(path)).body).toBe('two');
    });

    test.for<Misbehaviour>([
      { status: 403 },
      { status: 404 },
      { status: 500 },
      { status: 503 },
      { status: 201 },
      { status: 204 },
      { status: 206 },
      { status: 304 },
      { status: 301, location: '/good' },
      { status: 302, location: '/good' },
      { status: 307, location: 'http://127.0.0.1:1/' },
      'hangs',
      'hangs in the body',
      'closes',
      'ends early',
      'sends too much',
      'never ends',
      'is not there',
    ])('unreachable: %o', async (how, { skip }) => {
      const { misbehaving } = await create();
      if (!misbehaving) return skip('nothing is between the caller and the documents');
      const edge = await misbehaving(how);
      const started = performance.now();
      await expectRefusal(edge.fetch('/jwks.json'), 'edge_unreachable');
      expect(performance.now() - started).toBeLessThan(2000);
    });
  });
}
