/** What every Publisher has to do, and what lib/core/publish.ts makes of it. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Document, Publisher } from '../../lib/core/ports.ts';
import { publish } from '../../lib/core/publish.ts';
import { expectOneWinner, expectRefusal } from './refusal.ts';

/** Optional: where there is no such notion. */
export interface PublisherUnderTest {
  readonly publisher: Publisher;
  /** Another process with the same bucket. */
  readonly second: Publisher;
  /** Somebody deletes the document. */
  readonly remove: (path: string) => Promise<void>;
  /** Runs between the call of the next write and its effect. */
  readonly beforeNextWrite: (run: () => Promise<unknown>) => void;
  readonly connection?: {
    /** The next write happens and its answer is lost. */
    readonly loseNextAnswer: () => void;
    /** The next calls of this kind are refused with this status and error code. */
    readonly refuse: (operation: 'read' | 'write' | 'invalidate', status: number, code: string) => void;
    /** The paths of every invalidation. */
    readonly invalidated: () => readonly (readonly string[])[];
    /** How many writes reached the connection, retries included. */
    readonly writes: () => number;
    /** With a bucket that does not exist. */
    readonly misconfigured: Publisher;
  };
}
type Create = () => Promise<PublisherUnderTest>;

const somePath = () => `/${randomUUID()}/.well-known/jwks.json`;
const document = (path: string, body: string): Document => ({
  path,
  contentType: 'application/json',
  cacheControl: 'public, max-age=300, stale-while-revalidate=60, stale-if-error=3600',
  body,
});
const version = (path: string, documentVersion: number, note = ''): Document =>
  document(path, JSON.stringify({ keys: [{ kid: `k${documentVersion}` }], documentVersion, note }));

async function etagOf(publisher: Publisher, path: string): Promise<string> {
  const stored = await publisher.read(path);
  return stored?.etag ?? expect.unreachable(`${path} must be there`);
}

export function publisher(name: string, create: Create): void {
  describe(`${name}: publisher`, () => {
    test('what was never written is not there', async () => {
      const { publisher } = await create();
      expect(await publisher.read(somePath())).toBeUndefined();
    });

    test('whoever has the same bucket has the same home', async () => {
      const { publisher, second, connection } = await create();
      expect(publisher.home).toMatch(/./);
      expect(second.home).toBe(publisher.home);
      if (connection) expect(connection.misconfigured.home).not.toBe(publisher.home);
    });

    test('a document comes back with its type and its cache control', async () => {
      const { publisher, second } = await create();
      const path = somePath();
      const written = document(path, '{"é":"\u{1F511}"}');
      await publisher.write(written, undefined);
      expect(await second.read(path)).toEqual({
        body: written.body,
        contentType: written.contentType,
        cacheControl: written.cacheControl,
        etag: expect.stringMatching(/./),
      });
    });

    test('it is written over by whoever knows the version that is there', async () => {
      const { publisher, second } = await create();
      const path = somePath();
      await publisher.write(document(path, 'one'), undefined);
      await second.write({ ...document(path, 'two'), cacheControl: 'no-cache' }, await etagOf(second, path));
      expect(await publisher.read(path)).toMatchObject({ body: 'two', cacheControl: 'no-cache' });
      await publisher.write(document(path, 'three'), await etagOf(publisher, path));
      expect((await publisher.read(path))?.body).toBe('three');
    });

    test('other versions are refused and change nothing', async () => {
      const { publisher, second } = await create();
      const path = somePath();
      await publisher.write(document(path, 'one'), undefined);
      const first = await etagOf(publisher, path);
      await expectRefusal(second.write(document(path, 'x'), undefined), 'document_conflict');
      await publisher.write(document(path, 'two'), first);
      await expectRefusal(second.write(document(path, 'x'), first), 'document_conflict');
      await expectRefusal(second.write(document(path, 'x'), `"${'0'.repeat(32)}"`), 'document_conflict');
      expect((await publisher.read(path))?.body).toBe('two');
    });

    test('a document that was deleted, or never was, is not written over', async () => {
      const { publisher, remove } = await create();
      const path = somePath();
      await publisher.write(document(path, 'one'), undefined);
      const etag = await etagOf(publisher, path);
      await remove(path);
      await expectRefusal(publisher.write(document(path, 'two'), etag), 'document_conflict');
      expect(await publisher.read(path)).toBeUndefined();
      await expectRefusal(publisher.write(document(somePath(), 'two'), etag), 'document_conflict');
      await publisher.write(document(path, 'three'), undefined);
      expect((await publisher.read(path))?.body).toBe('three');
    });

    test.for(['create it', 'write over it'])('of twenty who %s at once one wins', async (what) => {
      const { publisher, second } = await create();
      const path = somePath();
      if (what !== 'create it') await publisher.write(document(path, 'before'), undefined);
      const etag = what === 'create it' ? undefined : await etagOf(publisher, path);
      const writes = Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? publisher : second).write(document(path, `w${n}`), etag),
      );
      const winner = await expectOneWinner(writes, 'document_conflict');
      expect((await publisher.read(path))?.body).toBe(`w${winner}`);
    });

    test('a write inside a write wins', async () => {
      const { publisher, second, beforeNextWrite } = await create();
      const path = somePath();
      beforeNextWrite(() => second.write(document(path, 'inner'), undefined));
      await expectRefusal(publisher.write(document(path, 'outer'), undefined), 'document_conflict');
      expect((await publisher.read(path))?.body).toBe('inner');
    });
  });

  describe(`${name}: what a bucket and an edge refuse`, () => {
    test('another writer in the same moment (409) is a conflict', async ({ skip }) => {
      const { publisher, connection } = await create();
      if (!connection) return skip('nothing is between the caller and the bucket');
      connection.refuse('write', 409, 'ConditionalRequestConflict');
      await expectRefusal(publisher.write(document(somePath(), 'one'), undefined), 'document_conflict');
    });

    test.for([
      [403, 'AccessDenied'],
      [404, 'NoSuchBucket'],
      [500, 'InternalError'],
    ] as const)('%s %s is neither an absent document nor a conflict', async ([status, code], { skip }) => {
      const { publisher, connection } = await create();
      if (!connection) return skip('nothing is between the caller and the bucket');
      for (const operation of ['read', 'write', 'invalidate'] as const) connection.refuse(operation, status, code);
      const path = somePath();
      const refused = expect.objectContaining({
        name: code,
        $metadata: expect.objectContaining({ httpStatusCode: status }),
      });
      await expect(publisher.read(path)).rejects.toEqual(refused);
      await expect(publisher.write(document(path, 'one'), undefined)).rejects.toEqual(refused);
      await expect(publisher.write(document(path, 'one'), '"0"')).rejects.toEqual(refused);
      await expect(publisher.invalidate([path])).rejects.toEqual(refused);
    });

    test('a bucket that is not there is not empty', async ({ skip }) => {
      const { connection } = await create();
      if (!connection) return skip('it has one bucket');
      const { misconfigured } = connection;
      await expect(misconfigured.read(somePath())).rejects.toMatchObject({ name: 'NoSuchBucket' });
      const write = misconfigured.write(document(somePath(), 'one'), undefined);
      await expect(write).rejects.toMatchObject({ name: 'NoSuchBucket' });
    });

    test('an invalidation names exactly the paths', async ({ skip }) => {
      const { publisher, connection } = await create();
      if (!connection) return skip('it keeps no record; see the edge');
      await publisher.invalidate(['/.well-known/jwks.json', '/a/b', '/é&<']);
      await publisher.invalidate(['/.well-known/jwks.json']);
      expect(connection.invalidated()).toEqual([
        ['/.well-known/jwks.json', '/a/b', '/é&<'],
        ['/.well-known/jwks.json'],
      ]);
    });
  });
}

/** lib/core/publish.ts over this publisher: an older document never replaces a newer one, whoever else publishes. */
export function publishing(name: string, create: Create): void {
  const look = async (publisher: Publisher, ...paths: string[]) => {
    const found = await Promise.all(paths.map(async (path) => [path, await publisher.read(path)] as const));
    return new Map(found.flatMap(([path, stored]) => (stored ? [[path, stored] as const] : [])));
  };
  const put = async (publisher: Publisher, written: Document) =>
    publish(publisher, [written], await look(publisher, written.path));

  describe(`${name}: publishing`, () => {
    test('creates, replaces the older, and has the edge forget all of it', async () => {
      const { publisher, connection } = await create();
      const [a, b] = [somePath(), somePath()];
      await publish(publisher, [version(a, 1), version(b, 1)], new Map());
      await publish(publisher, [version(a, 2), version(b, 2)], await look(publisher, a, b));
      expect((await publisher.read(a))?.body).toBe(version(a, 2).body);
      expect((await publisher.read(b))?.body).toBe(version(b, 2).body);
      if (connection)
        expect(connection.invalidated()).toEqual([
          [a, b],
          [a, b],
        ]);
    });

    test('a newer document that was seen stays', async () => {
      const { publisher } = await create();
      const path = somePath();
      await put(publisher, version(path, 3));
      await expectRefusal(put(publisher, version(path, 2)), 'document_newer');
      expect((await publisher.read(path))?.body).toBe(version(path, 3).body);
    });

    test('a newer document that comes in between stays', async () => {
      const { publisher, second, beforeNextWrite } = await create();
      const path = somePath();
      await put(publisher, version(path, 1));
      beforeNextWrite(() => put(second, version(path, 3)));
      await expectRefusal(put(publisher, version(path, 2)), 'document_newer');
      expect((await publisher.read(path))?.body).toBe(version(path, 3).body);
    });

    test('an older document that comes in between is replaced', async () => {
      const { publisher, second, beforeNextWrite } = await create();
      const path = somePath();
      beforeNextWrite(() => put(second, version(path, 1)));
      await put(publisher, version(path, 2));
      expect((await publisher.read(path))?.body).toBe(version(path, 2).body);
    });

    test('older documents that keep coming in between are a conflict', async () => {
      const { publisher, second, beforeNextWrite } = await create();
      const path = somePath();
      let count = 0;
      const again = (): void =>
        beforeNextWrite(async () => {
          count += 1;
          if (count > 20) return;
          await put(second, version(path, 1, `${count}`));
          again();
        });
      again();
      await expectRefusal(put(publisher, version(path, 2)), 'document_conflict');
      expect((await publisher.read(path))?.body).toBe(version(path, 1, `${count}`).body);
    });

    test('the very same document that comes in between is what was wanted', async () => {
      const { publisher, second, beforeNextWrite } = await create();
      const path = somePath();
      beforeNextWrite(() => put(second, version(path, 2)));
      await put(publisher, version(path, 2));
    });

    test('the same version with other bytes that comes in between is replaced', async () => {
      const { publisher, second, beforeNextWrite } = await create();
      const path = somePath();
      beforeNextWrite(() => put(second, version(path, 2, 'rendered by another release')));
      await put(publisher, version(path, 2));
      expect((await publisher.read(path))?.body).toBe(version(path, 2).body);
    });

    test.for([0, 1])(
      'a write over version %s that had succeeded and was retried is known as our own',
      async (before, { skip }) => {
        const { publisher, connection } = await create();
        if (!connection) return skip('there is no connection to lose the answer on');
        const path = somePath();
        if (before > 0) await put(publisher, version(path, before));
        const seen = await look(publisher, path);
        connection.loseNextAnswer();
        // The port says what S3 says to the retry: another version is there. It is ours.
        const writes = connection.writes();
        await publish(publisher, [version(path, 2)], seen);
        // The write and its retry: one that is known as our own is not made again.
        expect(connection.writes() - writes).toBe(2);
        expect((await publisher.read(path))?.body).toBe(version(path, 2).body);
        connection.loseNextAnswer();
        await expectRefusal(publisher.write(version(path, 3), await etagOf(publisher, path)), 'document_conflict');
      },
    );
  });
}
