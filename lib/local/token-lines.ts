/** The last lines that the sign function has left of tokens: what CloudWatch Logs is asked for where it is deployed. */

const MAX_LINES = 10_000;

export class TokenLines {
  #lines: object[] = [];

  get lines(): readonly object[] {
    return this.#lines;
  }

  note(line: string): void {
    if (!line.startsWith('{"event":"token"')) return;
    this.#lines.push(JSON.parse(line) as object);
    // Not one by one: a load test leaves thousands a second.
    if (this.#lines.length > 2 * MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES);
  }
}
