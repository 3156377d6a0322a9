/** What a file of this folder exports to be a verb, and what verbs have in common. */
import { type ParseArgsOptionsConfig, styleText } from 'node:util';
import { isKeyturnError } from '../core/errors.ts';

export interface Verb {
  readonly summary: string;
  readonly help: string;
  /** Answers with the exit code. */
  run(args: string[]): Promise<number>;
}

/** Scripts may rely on them. */
export const EXIT = {
  done: 0,
  /** It was asked for and refused, or something is found that is not well. */
  problem: 1,
  /** Wrong options. */
  usage: 2,
  /** The issuer, AWS or the network could not be asked. */
  unreachable: 3,
} as const;

/** Where the issuer is: a deployed stack or one on this machine. */
export const TARGET_OPTIONS = {
  stack: { type: 'string' },
  issuer: { type: 'string' },
  url: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig;

export const TARGET_HELP = `  --stack NAME        the CloudFormation stack of the issuer (default: Keyturn)
  --issuer URL        which issuer, where the stack has more than one
  --url URL           an issuer of "keyturn local" instead, such as http://localhost:4790
  --region REGION     of the stack (default: AWS_REGION or the profile's)
  --profile NAME      AWS credentials
  --json              for programs
`;

export class UsageError extends Error {
  readonly code: string;

  constructor(message: string, { code = 'usage', cause }: { code?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * What somebody gave, in an option or in a file that one names, and that the rules cannot read. Windows that break the
 * promise are another matter: those are read, and refused.
 */
export async function given<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!isKeyturnError(cause, 'policy_invalid', 'algorithm_unknown')) throw cause;
    throw new UsageError(cause.message, { code: cause.code, cause });
  }
}

/** Nobody could be asked: AWS, its credentials, the network. */
export class UnreachableError extends Error {
  readonly code: string;

  constructor(message: string, { code = 'unreachable', cause }: { code?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.code = code;
  }
}

/** Plain where nobody looks, or where NO_COLOR says so. */
export const paint = (style: 'green' | 'red' | 'yellow' | 'bold' | 'dim', text: string): string =>
  styleText(style, text, { stream: process.stdout });

/** How wide the terminal is; undefined where none is: a file and a pipe take lines of any length. */
export const terminalColumns = (): number | undefined => process.stdout.columns;

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));
