/** The verifiers in their processes, and the moments at which each token comes to each of them. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HABITS, type Target } from './habits.ts';
import type { Token } from './load.ts';
import type { Errand, Outcome } from './verifier.ts';

const PROGRAM = fileURLToPath(new URL('./verifier.ts', import.meta.url));

export class Crowd {
  /** Verifications that were asked for and have not been reported. */
  pending = 0;
  readonly #members: ReadonlyMap<string, ChildProcess>;

  private constructor(target: Target) {
    const start = (name: string) => fork(PROGRAM, [name, JSON.stringify(target)], { execArgv: [] });
    this.#members = new Map(HABITS.map(({ name }) => [name, start(name)]));
  }

  /** `onLost` is told when a verifier ends before it is asked to. */
  static async start(
    target: Target,
    onOutcome: (verifier: string, outcome: Outcome) => void,
    onLost: (error: Error) => void,
  ): Promise<Crowd> {
    const crowd = new Crowd(target);
    try {
      await Promise.all([...crowd.#members.values()].map(isReady));
    } catch (error) {
      crowd.close();
      throw error;
    }
    for (const [name, member] of crowd.#members) {
      member.on('message', (outcome: Outcome) => {
        crowd.pending -= 1;
        onOutcome(name, outcome);
      });
      member.on('exit', () => member.killed || onLost(new Error(`verifier ${name} has ended`)));
    }
    return crowd;
  }

  /** To every verifier, `at` or at a moment of the token's life that is drawn for each. */
  hand(token: Token, at?: number): void {
    for (const member of this.#members.values()) {
      const errand: Errand = { ...token, at: at ?? moment(token.expiresAt * 1000) };
      this.pending += 1;
      // The exit of a verifier tells more than a broken channel to it.
      member.send(errand, () => undefined);
    }
  }

  close(): void {
    for (const member of this.#members.values()) member.kill('SIGKILL');
  }
}

function isReady(member: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  member.once('message', () => resolve());
  member.once('error', reject);
  member.once('exit', () => reject(new Error(`a verifier did not start: ${member.spawnargs.join(' ')}`)));
  return promise;
}

/**
 * Many at once, where a lead that is too short shows; many in the last moments, where a grace that is too short shows; the
 * rest in between.
 */
function moment(end: number): number {
  const now = Date.now();
  const draw = Math.random();
  if (draw < 0.4) return now;
  if (draw < 0.7) return end - between(20, 200);
  return between(now, end);
}

export const between = (low: number, high: number): number => low + Math.random() * Math.max(0, high - low);
