/** One library: a line of JSON for each token, answered with a line. A verifier for each issuer, kept for good. */
import { createInterface } from 'node:readline';

const { verifier } = await import(`./with-${process.argv[2]}.mjs`);
const verifiers = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const { token, ...settings } = JSON.parse(line);
  const name = JSON.stringify(settings);
  let answer = {};
  try {
    if (!verifiers.has(name)) verifiers.set(name, verifier(settings));
    await verifiers.get(name)(token);
  } catch (error) {
    answer = { error: `${error.code ?? error.name}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
