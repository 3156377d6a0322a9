/** Chance that can be repeated: the same labels give the same numbers, whatever else was asked for before. */
import { hash } from 'node:crypto';

export class Dice {
  #state: Uint32Array;

  constructor(...labels: readonly (string | number)[]) {
    const bytes = hash('sha256', labels.join('/'), 'buffer');
    this.#state = new Uint32Array([0, 4, 8, 12].map((offset) => bytes.readUInt32LE(offset)));
  }

  /** From 0 to 1, without 1. The generator is sfc32. */
  next(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const sum = (a + b + counter) >>> 0;
    this.#state[0] = b ^ (b >>> 9);
    this.#state[1] = c + (c << 3);
    this.#state[2] = ((c << 21) | (c >>> 11)) + sum;
    this.#state[3] = counter + 1;
    return sum / 2 ** 32;
  }

  /** An integer, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)] as T;
  }
}
