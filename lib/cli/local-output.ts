/** What `keyturn local` says: for people, or one JSON object a line. */
import type { Invoked } from '../local/lambda.ts';

export interface Started {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly signUrl: string;
  /** Each client's own URL, where the issuer has clients. */
  readonly clients?: Readonly<Record<string, string>>;
  /** A request that `signUrl` takes. */
  readonly example: object;
  readonly operateUrl: string;
  readonly rotateUrl: string;
  readonly awsEndpointUrl: string;
  readonly unsafe: boolean;
}

export interface Printer {
  started(urls: Started): void;
  log(functionName: string, line: string): void;
  tick(outcome: Invoked): void;
}

const write = (text: string) => process.stdout.write(`${text}\n`);

export const printer = (json: boolean): Printer => (json ? forPrograms() : forPeople());

function forPrograms(): Printer {
  return {
    started: (urls) => write(JSON.stringify({ event: 'started', ...urls })),
    log: (functionName, line) => {
      const parsed = parseLine(line);
      write(JSON.stringify(parsed ? { function: functionName, ...parsed } : { function: functionName, text: line }));
    },
    tick: ({ functionError, payload }) => {
      if (functionError) write(JSON.stringify({ event: 'tick-failed', ...failure(payload) }));
    },
  };
}

function forPeople(): Printer {
  // The same hold every tick is news once.
  const told = new Set<string>();
  const time = () => new Date().toISOString().slice(11, 19);
  return {
    started: ({ issuer, jwksUrl, signUrl, clients = {}, example, operateUrl, awsEndpointUrl, unsafe }) => {
      const others = Object.values(clients).filter((url) => url !== signUrl);
      write(`
  Keyturn on this machine. Its keys are NOT in KMS: for development and CI only.

  issuer    ${issuer}   (in a browser: its keys in time)
  JWKS      ${jwksUrl}
  sign      curl -s ${signUrl} -H 'content-type: application/json' \\
              -d '${JSON.stringify(example)}'
${others.map((url) => `            ${url}\n`).join('')}  rotate    curl -s ${operateUrl} -H 'content-type: application/json' -d '{"operation":"rotate","reason":"to see it"}'
  inside    export AWS_ENDPOINT_URL=${awsEndpointUrl} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
            aws kms list-keys
${unsafe ? '\n  The windows are NOT checked (--unsafe-windows): rotations may break tokens.\n' : ''}`);
    },
    log: (_, line) => {
      const parsed = parseLine(line);
      if (!parsed) return write(`${time()}  ${line}`);
      const { event, step, why } = parsed;
      if (event === 'hold' && told.has(`${step} ${kind(why)}`)) return;
      if (event === 'hold') told.add(`${step} ${kind(why)}`);
      if (event === 'step') told.clear();
      if (event === 'step' || event === 'hold') write(`${time()}  ${event === 'hold' ? 'held  ' : ''}${step}: ${why}`);
    },
    tick: ({ functionError, payload }) => {
      if (!functionError) return;
      const { code, message } = failure(payload);
      write(`${time()}  tick failed: ${message} (${code})`);
    },
  };
}

/** A reason without its numbers: the hours left differ from tick to tick. */
const kind = (why: unknown) => String(why).replace(/\d+/g, '');

function failure(payload: string): { code: string; message: string } {
  const { errorType, errorMessage } = JSON.parse(payload) as { errorType: string; errorMessage: string };
  return { code: errorType, message: errorMessage };
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
