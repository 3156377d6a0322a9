/** What `-c` says to the app: names and values that it does not know are refused, for a slip would synthesize as the default. */
import type { App } from 'aws-cdk-lib';
import { KeyturnError } from '../lib/core/errors.ts';

const NAMES = ['issuer', 'domainName', 'certificateArn', 'stackName', 'removalPolicy', 'page'] as const;

export interface AppContext {
  readonly issuer?: string;
  readonly domainName?: string;
  readonly certificateArn?: string;
  readonly stackName?: string;
  readonly isDestroyed: boolean;
  readonly page: boolean;
}

/** @throws KeyturnError `policy_invalid` */
export function readContext({ node }: App): AppContext {
  const given = node.getAllContext() as Record<string, unknown>;
  // CDK's own have a colon, a slash or a hyphen in their names.
  for (const name of Object.keys(given).filter((one) => /^\w+$/.test(one) && !NAMES.some((known) => known === one)))
    refuse(`there is no -c ${name}: the app knows ${NAMES.join(', ')}`);
  const texts = Object.fromEntries(
    NAMES.filter((name) => given[name] !== undefined).map((name) => {
      const text = String(given[name]);
      return [name, text === '' ? refuse(`-c ${name} must have a value, got none`) : text];
    }),
  );
  const { removalPolicy, page, ...others } = texts;
  return {
    ...others,
    isDestroyed: oneOf('removalPolicy', removalPolicy, ['retain', 'destroy']) === 'destroy',
    page: oneOf('page', page, ['false', 'true']) === 'true',
  };
}

/** The first is the default. */
function oneOf(name: string, given: string | undefined, values: readonly string[]): string | undefined {
  const value = given?.toLowerCase() ?? values[0];
  if (value !== undefined && values.includes(value)) return value;
  return refuse(`-c ${name} must be ${values.join(' or ')}, got ${given}`);
}

function refuse(message: string): never {
  throw new KeyturnError('policy_invalid', message);
}
