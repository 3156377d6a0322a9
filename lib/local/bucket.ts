/**
 * One versioned S3 bucket. Every write is kept; a deletion adds a marker. Conditions are checked and the write is made
 * without yielding in between, so that of any number of concurrent writers one wins (S3 User Guide, "Conditional writes").
 */
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Folder } from './state.ts';
import { AwsError } from './wire.ts';

export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  /** Orders the versions of a bucket: two can have the same time. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
  readonly isDeleteMarker: boolean;
  /** The MD5 of the body in quotes, as S3 has it for objects in one part and without KMS encryption. */
  readonly etag: string;
  /** As S3 and the SDK exchange it: big-endian, in base64. */
  readonly crc32: string;
  /** Content type, cache control and user metadata, by their header names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface WriteCondition {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

export class Bucket {
  readonly name: string;
  readonly #folder: Folder;
  readonly #now: () => number;
  /** By key, the newest first. */
  readonly #versions = new Map<string, ObjectVersion[]>();
  #sequence = 0;

  /** `now` is in seconds since 1970. */
  constructor(name: string, folder: Folder, now = () => Date.now() / 1000) {
    this.name = name;
    this.#folder = folder;
    this.#now = now;
    const versions = [...folder.load().values()].map(decoded).sort((a, b) => a.sequence - b.sequence);
    for (const version of versions) this.#remember(version);
  }

  put(
    key: string,
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    condition: WriteCondition = {},
  ): ObjectVersion {
    checkCondition(this.#current(key), condition);
    return this.#add(key, { isDeleteMarker: false, body, headers });
  }

  /** The object, or one version of it. @throws AwsError `NoSuchKey`, `NoSuchVersion`, `MethodNotAllowed` */
  get(key: string, versionId?: string): ObjectVersion {
    if (versionId === undefined) {
      const current = this.#current(key);
      if (current === undefined) throw noSuchKey();
      return current;
    }
    const version = this.#versions.get(key)?.find((candidate) => candidate.versionId === versionId);
    if (version === undefined) throw new AwsError(404, 'NoSuchVersion', 'The specified version does not exist.');
    if (version.isDeleteMarker) {
      throw new AwsError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
    }
    return version;
  }

  /** Adds a delete marker, even for a key that never was; with a version id, removes that version for good. */
  delete(key: string, versionId?: string): ObjectVersion | undefined {
    if (versionId === undefined) return this.#add(key, { isDeleteMarker: true, body: Buffer.alloc(0), headers: {} });
    const versions = this.#versions.get(key) ?? [];
    const removed = versions.find((version) => version.versionId === versionId);
    if (removed === undefined) return undefined;
    this.#folder.remove(fileName(removed));
    this.#versions.set(
      key,
      versions.filter((version) => version !== removed),
    );
    return removed;
  }

  /** What ListObjectsV2 sees, in the order of UTF-8 bytes. */
  objects(prefix: string): ObjectVersion[] {
    return this.versions(prefix).filter((version) => !version.isDeleteMarker && this.#current(version.key) === version);
  }

  /** Every version, by key and then from the newest to the oldest. */
  versions(prefix: string): ObjectVersion[] {
    const keys = [...this.#versions.keys()].filter((key) => key.startsWith(prefix));
    return keys
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .flatMap((key) => this.#versions.get(key) ?? []);
  }

  isLatest(version: ObjectVersion): boolean {
    return this.#versions.get(version.key)?.[0] === version;
  }

  #current(key: string): ObjectVersion | undefined {
    const newest = this.#versions.get(key)?.[0];
    return newest?.isDeleteMarker ? undefined : newest;
  }

  #add(key: string, content: Pick<ObjectVersion, 'isDeleteMarker' | 'body' | 'headers'>): ObjectVersion {
    const version: ObjectVersion = {
      key,
      versionId: randomBytes(24).toString('base64url'),
      sequence: this.#sequence + 1,
      lastModified: Math.floor(this.#now()) * 1000,
      etag: `"${createHash('md5').update(content.body).digest('hex')}"`,
      crc32: checksum(content.body),
      ...content,
    };
    this.#folder.put(fileName(version), encoded(version));
    this.#remember(version);
    return version;
  }

  #remember(version: ObjectVersion): void {
    this.#sequence = version.sequence;
    this.#versions.set(version.key, [version, ...(this.#versions.get(version.key) ?? [])]);
  }
}

export function checksum(body: Uint8Array): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

/** PutObject, "If-Match" and "If-None-Match". */
function checkCondition(current: ObjectVersion | undefined, { ifMatch, ifNoneMatch }: WriteCondition): void {
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new AwsError(501, 'NotImplemented', 'If-None-Match takes no other value than * here.');
  }
  if (ifMatch !== undefined && current === undefined) throw noSuchKey();
  const fails =
    (ifMatch !== undefined && current?.etag !== `"${ifMatch.replaceAll('"', '')}"`) ||
    (ifNoneMatch !== undefined && current !== undefined);
  if (fails) {
    throw new AwsError(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
}

const noSuchKey = (): AwsError => new AwsError(404, 'NoSuchKey', 'The specified key does not exist.');

const fileName = (version: ObjectVersion): string => `${version.sequence}-${version.versionId}`;

/** One line of JSON, then the body as it is. */
const encoded = ({ body, ...facts }: ObjectVersion): Buffer =>
  Buffer.concat([Buffer.from(`${JSON.stringify(facts)}\n`), body]);

function decoded(file: Buffer): ObjectVersion {
  const end = file.indexOf('\n');
  return { ...(JSON.parse(file.subarray(0, end).toString()) as ObjectVersion), body: file.subarray(end + 1) };
}
