import { setTimeout as sleep } from 'node:timers/promises';

/** Whether it is so or the time is up: what is missing then is the report's to tell. */
export async function until(isSo: () => boolean, seconds: number, broken: AbortSignal): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!isSo() && Date.now() < deadline) {
    broken.throwIfAborted();
    await sleep(50);
  }
}
