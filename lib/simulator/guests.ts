/** Keys of another issuer that move into a planned world for a while, in some of the worlds: one, some, or more than there is room for. */
import { isKeyturnError } from '../core/errors.ts';
import type { PublicJwk } from '../core/jwk.ts';
import type { RotatorPorts } from '../core/rotate.ts';
import { importForeign } from '../core/wishes.ts';
import { Dice } from './random.ts';
import type { Timeline } from './timeline.ts';
import type { World } from './world.ts';

const HOUR = 3600;
const ATTEMPTS = 20;

/** Nobody verifies by it here: that it is published, and until when, is what counts. */
const guest = (number: number): PublicJwk => ({
  kty: 'EC',
  kid: `guest-${number}`,
  use: 'sig',
  alg: 'ES256',
  crv: 'P-256',
  x: 'x',
  y: 'y',
});

/** By dice of their own, so that a plan is otherwise what it was without them. */
export function inviteGuests(
  world: World,
  timeline: Timeline,
  seed: string,
  seconds: number,
  ports: RotatorPorts,
): void {
  const dice = new Dice(seed, 'guests');
  if (!dice.chance(0.25)) return;
  const keys = Array.from({ length: dice.pick([1, 1, 2, 5, 9]) }, (_, index) => guest(index));
  // For longer than the run: then the rotation has to go on beside them.
  const stay = dice.pick([HOUR, seconds / 4, 2 * seconds]);
  timeline.at(world.now + dice.between(0, Math.floor(seconds / 2)), 'operator', async () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { actor } = timeline;
      if (actor) actor.dead = false;
      try {
        await importForeign(ports, world.policy, keys, { until: world.now + stay, source: 'elsewhere' });
        return;
      } catch (error) {
        // There is no room for so many, or they have been burned meanwhile.
        if (isKeyturnError(error, 'transition_refused')) return;
        await timeline.sleep(60);
      }
    }
  });
}
