/** A check that somebody asked for under the wrong name must not be left out in silence. */

/** @throws TypeError */
export function onlyKnown(options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`${unknown} is not an option here; there are ${names.join(', ')}`);
}

/** @throws TypeError */
export function strings(name: string, value: unknown): string[] {
  const isOne = (one: unknown) => typeof one === 'string' && one !== '';
  if (Array.isArray(value) && value.length > 0 && value.every(isOne)) return value;
  throw new TypeError(`${name} must be an array of at least one string, none empty`);
}
