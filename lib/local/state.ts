/**
 * Where the stand-ins keep what must outlive a process: one small file for each key and each object version, or
 * nowhere. Writes are synchronous on purpose: they are few (a rotation makes a handful a day), and a check followed by
 * a write that does not yield is atomic for every caller of the server.
 */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { takeLock } from './lock.ts';

/** A named set of small files. */
export interface Folder {
  /** Every file in it, read at the start. */
  load(): Map<string, Buffer>;
  /** Durable when it returns. */
  put(name: string, bytes: string | Uint8Array): void;
  remove(name: string): void;
}

export const nowhere: Folder = { load: () => new Map(), put() {}, remove() {} };

const FORMAT = 'keyturn-local 2\n';
const TEMPORARY = '.part';

export class DataDirectory {
  readonly path: string;
  readonly #release: () => void;

  /** @throws Error with one sentence that says what is wrong with the directory */
  constructor(path: string) {
    this.path = path;
    makeUsable(path);
    this.#release = takeLock(join(path, 'lock'), path);
    try {
      checkFormat(path);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  folder(name: string): Folder {
    const path = join(this.path, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return new DiskFolder(path);
  }

  close(): void {
    this.#release();
  }
}

class DiskFolder implements Folder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  load(): Map<string, Buffer> {
    const files = new Map<string, Buffer>();
    for (const name of readdirSync(this.#path)) {
      // A process that was killed while it wrote leaves a part that nobody was told about.
      if (name.endsWith(TEMPORARY)) rmSync(join(this.#path, name));
      else files.set(name, readFileSync(join(this.#path, name)));
    }
    return files;
  }

  put(name: string, bytes: string | Uint8Array): void {
    writeDurably(this.#path, name, bytes);
  }

  remove(name: string): void {
    rmSync(join(this.#path, name), { force: true });
    sync(this.#path);
  }
}

/** The file is the old one or the new one at any instant, and only its owner can read it: private keys lie here. */
function writeDurably(folder: string, name: string, bytes: string | Uint8Array): void {
  const part = join(folder, name + TEMPORARY);
  writeFileSync(part, bytes, { mode: 0o600, flush: true });
  renameSync(part, join(folder, name));
  sync(folder);
}

/** rename(2) is durable once the directory that holds the name is. */
function sync(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Node's own `recursive` asks for ever where neither the path nor its parent can be made, below /proc for one. */
function makeDirectory(path: string): void {
  const make = () => mkdirSync(path, { mode: 0o700 });
  try {
    make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectory(dirname(path));
    make();
  }
}

function makeUsable(path: string): void {
  try {
    makeDirectory(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') throw new Error(`${path} is not a directory`, { cause: error });
    throw new Error(`data directory ${path} cannot be created (${code})`, { cause: error });
  }
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(`data directory ${path} is not writable`, { cause: error });
  }
}

function checkFormat(path: string): void {
  const marker = join(path, 'format');
  if (statSync(marker, { throwIfNoEntry: false }) === undefined) {
    const others = readdirSync(path).filter((name) => !name.startsWith('lock') && name !== `format${TEMPORARY}`);
    if (others.length > 0) throw new Error(`${path} is not empty and holds no state of keyturn local`);
    writeDurably(path, 'format', FORMAT);
  }
  const format = readFileSync(marker, 'utf8');
  if (format !== FORMAT) {
    throw new Error(`${path} has the format "${format.trim().slice(0, 40)}", this version reads "${FORMAT.trim()}"`);
  }
}
