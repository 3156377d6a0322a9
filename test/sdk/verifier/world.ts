/** A JWKS endpoint and a clock that do as the test says, and a verifier between them. */
import {
  createVerifier,
  type Verifier,
  type VerifierEvent,
  type VerifierOptions,
} from '../../../lib/sdk/verifier/index.ts';
import { AUDIENCE, by, CLAIMS, forge, HEADER, ISSUER, NOW, type TestKey } from './forge.ts';

export class World {
  /** Seconds since 1970. */
  now = NOW;
  /** What the endpoint answers with. */
  answer: () => Response | Promise<Response> = () => Response.json({ keys: [] });
  /** When it was asked. */
  readonly asked: number[] = [];
  readonly events: VerifierEvent[] = [];

  publish(...keys: readonly TestKey[]): void {
    this.answer = () => Response.json({ keys: keys.map(({ jwk }) => jwk) });
  }

  /** Nobody answers. */
  fail(): void {
    this.answer = () => Promise.reject(new TypeError('fetch failed'));
  }

  verifier(options: Partial<VerifierOptions> = {}): Verifier {
    return createVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: ['ES256'],
      now: () => this.now * 1000,
      onEvent: (event) => this.events.push(event),
      fetch: async () => {
        this.asked.push(this.now);
        return this.answer();
      },
      ...options,
    });
  }

  /** Of the present instant. */
  token(key: TestKey, claims: object = {}): string {
    const times = { iat: Math.floor(this.now), exp: Math.floor(this.now) + 900 };
    return forge({ ...HEADER, alg: key.alg, kid: key.kid }, { ...CLAIMS, ...times, ...claims }, by(key));
  }
}

/** `accepted`, or the code of the refusal. */
export const verdict = (verifying: Promise<unknown>): Promise<string> =>
  verifying.then(
    () => 'accepted',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
