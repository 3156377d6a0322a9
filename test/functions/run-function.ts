/** A function that is no part of the local stack, run once against it: what it wrote into its log, and as what it failed. */
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { Lambda } from '../../lib/local/lambda.ts';
import type { Issuer } from './issuer.ts';

export async function runFunction(
  { awsEndpointUrl }: Issuer,
  name: string,
  environment: Readonly<Record<string, string>>,
  event: object,
  { timeoutSeconds = 30, fails = false, alias = '$LATEST' } = {},
): Promise<Record<string, unknown>[]> {
  const lines: string[] = [];
  const bundle = fileURLToPath(new URL(`../../dist/functions/${name}/index.js`, import.meta.url));
  const lambda = new Lambda(
    [{ name, bundle, environment: { ...environment }, aliases: [alias], timeoutSeconds }],
    awsEndpointUrl,
    (_, line) => {
      lines.push(line);
    },
  );
  const invoked = lambda.invoke(`${name}:${alias}`, JSON.stringify(event)).finally(() => lambda.close());
  const { functionError, payload } = await invoked;
  expect(functionError !== undefined, payload).toBe(fails);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
