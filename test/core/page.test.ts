/** The page comes after everything else: an older timeline replaces no newer one, and nothing that fails here is felt. */
import { beforeEach, describe, expect, test } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { pagePaths } from '../../lib/core/issuer.ts';
import { type PagePorts, pageOf, refreshPage } from '../../lib/core/page.ts';
import type { Document, StoredDocument } from '../../lib/core/ports.ts';
import type { Timeline } from '../../lib/core/timeline.ts';
import { World } from '../../lib/simulator/world.ts';

const HTML = '<!doctype html><title>{{issuer}}</title><a href="{{jwks}}">{{issuer}}</a>';
const { page: PAGE, timeline: TIMELINE } = pagePaths('https://auth.example.com');

let world: World;
let lines: object[];
let written: string[];
let invalidated: (readonly string[])[];
/** Runs before the effect of the next write. */
let meanwhile: (() => Promise<void> | void) | undefined;
let stored: Map<string, StoredDocument>;
let ports: PagePorts;
const never = () => new Promise<void>(() => {});
const keep = (document: Document) => stored.set(document.path, { ...document, etag: document.body });

beforeEach(async () => {
  world = new World();
  await world.tick();
  [lines, written, invalidated, meanwhile, stored] = [[], [], [], undefined, new Map()];
  ports = {
    store: world.keyrings,
    publisher: {
      home: 'bucket',
      read: async (path) => stored.get(path),
      write: async (document, etag) => {
        await meanwhile?.();
        if (stored.get(document.path)?.etag !== etag) throw new KeyturnError('document_conflict', 'not what was read');
        written.push(document.path);
        keep(document);
      },
      invalidate: async (paths) => void invalidated.push(paths),
    },
    sleep: never,
    log: (line) => lines.push(line),
  };
});
const refresh = () => refreshPage(ports, world.policy, HTML, 10);
const timeline = () => JSON.parse(stored.get(TIMELINE)?.body ?? '{}') as Timeline;
const replaceTimeline = (changes: object) =>
  keep({ path: TIMELINE, contentType: '', cacheControl: '', body: JSON.stringify({ ...timeline(), ...changes }) });

test('the page is its issuer’s before a script has run', async () => {
  await refresh();
  expect(stored.get(PAGE)?.body).toBe(
    '<!doctype html><title>https://auth.example.com</title><a href="/.well-known/jwks.json">https://auth.example.com</a>',
  );
  expect(pageOf(HTML, 'https://a.example/blue')).toContain('href="/blue/.well-known/jwks.json"');
});

test('page and timeline are written once, and again only where something changed', async () => {
  await refresh();
  expect(written).toEqual([PAGE, TIMELINE]);
  expect(invalidated).toEqual([[PAGE, TIMELINE]]);
  world.now += 3600;
  await world.tick();
  await refresh();
  expect(written).toHaveLength(2);
  expect(invalidated).toHaveLength(1);
  await world.rotateNow('ceremony');
  await refresh();
  expect(written).toEqual([PAGE, TIMELINE, TIMELINE]);
  expect(invalidated.at(-1)).toEqual([TIMELINE]);
  expect(lines).toEqual([]);
});

test('a crash before the timeline was written is mended by the next run', async () => {
  await refresh();
  const { revision } = timeline();
  await world.rotateNow('ceremony');
  meanwhile = () => Promise.reject(new Error('the bucket is away'));
  await refresh();
  expect(timeline().revision).toBe(revision);
  meanwhile = undefined;
  await refresh();
  expect(timeline().revision).toBeGreaterThan(revision);
});

describe('an older timeline replaces no newer one', () => {
  test.each([
    ['of a later revision', { revision: 1e6 }],
    ['of a later document version, whatever its revision', { documentVersion: 1e6, revision: 0 }],
  ])('%s', async (_, changes) => {
    await refresh();
    replaceTimeline(changes);
    await refresh();
    expect(timeline()).toMatchObject(changes);
    expect(lines).toEqual([]);
  });

  test('that comes between its look and its write', async () => {
    await refresh();
    await world.rotateNow('ceremony');
    meanwhile = () => {
      meanwhile = undefined;
      replaceTimeline({ revision: 1e6 });
    };
    await refresh();
    expect(timeline().revision).toBe(1e6);
    expect(lines).toEqual([]);
  });

  test('and a recovered keyring’s replaces that of the lost one', async () => {
    await refresh();
    replaceTimeline({ documentVersion: timeline().documentVersion - 1, revision: 1e6 });
    await refresh();
    expect(timeline().revision).toBeLessThan(1e6);
  });
});

test('another text of the page, as of another release, replaces what is there', async () => {
  await refresh();
  await refreshPage(ports, world.policy, '<!doctype html><title>Older</title>', 10);
  expect(stored.get(PAGE)?.body).toContain('Older');
});

describe('fails nothing', () => {
  const failed = (why: string) => [{ event: 'page-failed', issuer: world.policy.issuer, why }];

  test('when the bucket refuses', async () => {
    meanwhile = () => Promise.reject(new Error('AccessDenied'));
    await refresh();
    expect(lines).toEqual(failed('AccessDenied'));
  });

  test('when the table is away', async () => {
    ports = { ...ports, store: { load: () => Promise.reject(new Error('throttled')) } };
    await refresh();
    expect(lines).toEqual(failed('throttled'));
    expect(written).toEqual([]);
  });

  test('when somebody hangs', async () => {
    meanwhile = never;
    ports = { ...ports, sleep: async () => {} };
    await refresh();
    expect(lines).toEqual(failed('it takes longer than 10 s'));
  });
});

test('who has no page writes the timeline alone', async () => {
  await refreshPage(ports, world.policy, undefined, 10);
  expect(written).toEqual([TIMELINE]);
});

test('before there is a key there is a page, and no timeline', async () => {
  ports = { ...ports, store: { load: async () => ({ keyring: undefined, revision: 0, serverTime: 0 }) } };
  await refresh();
  expect(written).toEqual([PAGE]);
});

test.each([
  ['https://auth.example.com', '/index.html', '/timeline.json'],
  ['https://auth.example.com/tenants/blue', '/tenants/blue', '/tenants/blue/timeline.json'],
])('the page of %s is at %s', (issuer, page, timeline) => {
  expect(pagePaths(issuer)).toEqual({ page, timeline });
});
