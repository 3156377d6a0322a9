/** One verifier in a process of its own: started by crowd.ts with its habit and target, handed tokens over IPC. */
import { JwtExpiredError } from 'aws-jwt-verify/error';
import { errors } from 'jose';
import { HABITS, type Target } from './habits.ts';

export interface Errand {
  readonly token: string;
  readonly kid: string;
  /** Seconds since 1970: the token's `exp`. */
  readonly expiresAt: number;
  /** When to verify, in milliseconds since 1970. */
  readonly at: number;
}

/** Of one verification; instants in milliseconds. */
export interface Outcome {
  readonly kid: string;
  readonly expiresAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Why it was rejected, if it was. */
  readonly reason?: string;
  /** Whether that reason is the token's age. */
  readonly isExpiry?: boolean;
}

const [name = '', target = '{}'] = process.argv.slice(2);
const verify = HABITS.find((habit) => habit.name === name)?.start(JSON.parse(target) as Target);
if (!verify) throw new Error(`there is no verifier ${name}`);

process.on('message', ({ token, kid, expiresAt, at }: Errand) => {
  setTimeout(
    async () => {
      const startedAt = Date.now();
      const rejection = await verify(token).then(
        () => undefined,
        (error: Error & { code?: string }) => ({
          reason: `${error.code ?? error.name}: ${error.message}`,
          isExpiry: error instanceof errors.JWTExpired || error instanceof JwtExpiredError,
        }),
      );
      process.send?.({ kid, expiresAt, startedAt, endedAt: Date.now(), ...rejection } satisfies Outcome);
    },
    Math.max(0, at - Date.now()),
  );
});
// Ctrl-C reaches the whole group; the soak itself ends its verifiers, and so does its death.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.send?.('ready');
