/**
 * A process with one verifier in it: `{ candidate, given }` makes it, each `{ calls }` is answered with the CPU that the
 * process spent on one verification, whichever thread spends it: WebCrypto verifies in a pool.
 */
import { type Candidate, type Given, VERIFICATIONS } from '../verifications.ts';

let verify: () => unknown;

process.on('message', async (message: { candidate: Candidate; given: Given } | { calls: number }) => {
  if ('given' in message) {
    verify = VERIFICATIONS[message.candidate](message.given);
    return;
  }
  const start = process.cpuUsage();
  for (let index = 0; index < message.calls; index++) await verify();
  const { user, system } = process.cpuUsage(start);
  process.send?.((user + system) / message.calls);
});
process.on('disconnect', () => process.exit());
