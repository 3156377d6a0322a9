/**
 * One process per data directory. The lock names its holder by pid and start time, because a pid alone lies after a
 * reboot, and in a container every process is number 1.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** @throws Error naming the process that holds the lock */
export function takeLock(file: string, what: string): () => void {
  const mine = holder(process.pid);
  for (;;) {
    if (create(file, mine)) {
      return () => {
        if (read(file) === mine) rmSync(file, { force: true });
      };
    }
    const theirs = read(file);
    if (theirs === undefined) continue;
    const pid = Number.parseInt(theirs, 10);
    if (isAlive(pid) && holder(pid) === theirs) throw new Error(`${what} is in use by process ${pid}`);
    takeAway(file, theirs);
  }
}

/** Of two processes that find the same stale lock, one may already have put its own in its place. */
function takeAway(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = read(aside);
  rmSync(aside, { force: true });
  if (taken !== undefined && taken !== stale) create(file, taken);
}

/** By link(2), so that nobody ever reads a lock that is still empty. */
function create(file: string, content: string): boolean {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** proc_pid_stat(5), field 22. Where there is no /proc, the pid has to do. */
function holder(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const startTime = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return startTime === undefined ? `${pid}` : `${pid} ${startTime}`;
}
