/** What many seeds come to. */
import { evidenceOfTrace } from '../../lib/simulator/evidence-of-trace.ts';
import { experience } from '../../lib/simulator/population.ts';
import type { Run } from '../../lib/simulator/run.ts';

const DAY = 86_400;
/** Of each declared kind so many, each near another edge. */
const EACH = 4;

export class Tally {
  seeds = 0;
  violated = 0;
  #tokens = 0;
  #ticks = 0;
  #days = 0;
  #verifications = 0;
  #rejections = 0;
  readonly #began = Date.now();

  add({ plan, world, violations }: Run): void {
    const { trace } = world;
    const evidence = evidenceOfTrace(trace, world.initialPolicy);
    this.seeds += 1;
    this.#tokens += evidence.tokens.length;
    this.#ticks += evidence.ticks.length;
    this.#days += (evidence.to - evidence.from) / DAY;
    let rejections = 0;
    for (const verifier of world.initialPolicy.verifiers ?? []) {
      for (let one = 0; one < EACH; one++) {
        const seen = experience(evidence, verifier, `${plan.seed} ${one}`);
        this.#verifications += seen.verifications;
        rejections += seen.rejections.length;
        for (const { kid, since, until } of seen.rejections)
          process.stdout.write(`seed ${plan.seed}: ${verifier.name} refused ${kid} from ${since} to ${until}\n`);
      }
    }
    this.#rejections += rejections;
    if (violations.length > 0 || rejections > 0) this.violated += 1;
  }

  line(): string {
    const seconds = (Date.now() - this.#began) / 1000;
    return [
      `${this.seeds} seeds`,
      `${Math.round(this.#days)} days`,
      `${this.#ticks} ticks`,
      `${this.#tokens} tokens signed`,
      `${(this.#verifications / 1e6).toFixed(0)} million verifications, ${this.#rejections} refused`,
      `${this.violated} seeds in violation`,
      `${(seconds / this.seeds).toFixed(2)} s a seed`,
    ].join(', ');
  }
}
