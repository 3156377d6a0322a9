/** Who holds living tokens of a key, from the lines that the sign function leaves of each. Pure. */

/** One line of the issuance log, as functions/token-line.ts makes it. */
export interface TokenLine {
  readonly event: 'token';
  readonly kid: string;
  readonly client: string;
  readonly aud: string | readonly string[];
  /** Seconds since 1970. */
  readonly exp: number;
}

export interface Holders {
  readonly client: string;
  readonly audiences: readonly string[];
  readonly tokens: number;
  /** When the last of them ends. Seconds since 1970. */
  readonly until: number;
}

/** Each client and audience with tokens of the key that live at `now`; who holds on the longest comes first. */
export function holdersOf(lines: readonly TokenLine[], kid: string, now: number): Holders[] {
  const found = new Map<string, Holders>();
  for (const { client, aud, exp, ...line } of lines) {
    if (line.kid !== kid || exp <= now) continue;
    const audiences = [aud].flat();
    const name = JSON.stringify([client, audiences]);
    const { tokens = 0, until = 0 } = found.get(name) ?? {};
    found.set(name, { client, audiences, tokens: tokens + 1, until: Math.max(until, exp) });
  }
  return [...found.values()].toSorted((a, b) => b.until - a.until);
}
