/** `keyturn simulate`: years of a policy in seconds, and what its verifiers would see of them. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Forecast, forecast } from '../simulator/forecast.ts';
import { readConfig } from './config-file.ts';
import { forecastText, isSafe } from './simulate-text.ts';
import { drawSvg } from './timeline-svg.ts';
import { EXIT, given, UsageError } from './verb.ts';

export const summary = 'years of a policy in seconds: what your verifiers would see';

export const help = `Usage: keyturn simulate [options]

Runs the shipped rotation in virtual time, with verifiers of each kind, and says how many valid
tokens they would refuse, how long a burned key would still be accepted, and which window to widen.
Where nobody is declared to verify, it simulates what the check of the windows assumes. Exit code 1:
a valid token is refused, the windows are unsafe, an invariant is broken, or nothing rotated.

  --config FILE       the policy, as in keyturn.config.json (default: the default policy)
  --verifiers A,B     who verifies, by the names of the verifier table (default: the policy's)
  --years N           how long (default 3)
  --unsafe-windows    run windows that the check refuses, to see what they would break
  --svg FILE          a picture of the keys, and of one refused token's life
  --json              one JSON object
  --help

It models AWS, it is not AWS: docs/proof.md says what that leaves open.

Examples:
  keyturn simulate --verifiers alb,http-api,jose,go-oidc
  keyturn simulate --config keyturn.config.json --years 1 --svg keys.svg
`;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      config: { type: 'string' },
      verifiers: { type: 'string' },
      years: { type: 'string', default: '3' },
      'unsafe-windows': { type: 'boolean', default: false },
      svg: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const years = Number(values.years);
  if (!(years > 0 && years <= 20)) throw new UsageError(`--years must be a number up to 20, got ${values.years}`);
  const { clients: _, ...config } = values.config === undefined ? {} : readConfig(values.config);
  const settings = {
    ...config,
    ...(values.verifiers !== undefined && { verifiers: values.verifiers.split(',').map((name) => name.trim()) }),
    ...(values['unsafe-windows'] && { unsafeWindows: true }),
  };
  const result = await given(() => forecast(settings, years, progress()));
  if (values.svg !== undefined) writeFileSync(values.svg, drawSvg(result));
  process.stdout.write(values.json ? `${JSON.stringify(forJson(result))}\n` : forecastText(result));
  return isSafe(result) ? EXIT.done : EXIT.problem;
}

const SECOND = 1000;

/** For who waits at a terminal for longer than a second. */
function progress(): (share: number) => void {
  if (!process.stderr.isTTY) return () => {};
  let told = Date.now();
  return (share) => {
    if (Date.now() < told + SECOND) return;
    told = Date.now();
    process.stderr.write(`\r${Math.round(100 * share)} % simulated${share < 1 ? '' : '\n'}`);
  };
}

/** JSON has no infinity. */
const forJson = ({ keys, ...result }: Forecast): unknown => ({
  ...result,
  keys: keys.map(({ kid, published, reign }) => ({
    kid,
    published: finite(published),
    ...(reign && { signed: finite(reign) }),
  })),
});

const finite = ({ since, until }: { since: number; until: number }) => ({
  since,
  ...(Number.isFinite(until) && { until }),
});
