/** The shipped bundles on the local stack, with what the tests of this folder look at: calls to AWS and lines of log. */
import { type LocalOptions, type LocalStack, startLocalStack } from '../../lib/cli/local-stack.ts';
import type { Fault } from '../../lib/local/endpoint.ts';
import type { AwsCall } from '../../lib/local/wire.ts';

export interface Answer {
  readonly token: string;
  readonly kid: string;
  readonly algorithm: string;
  readonly jti: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly pointer?: string;
}

export interface Issuer extends LocalStack {
  /** Every call to AWS, by whom: `sign dynamodb.GetItem`. */
  readonly calls: string[];
  /** Every line of log, by function. */
  readonly lines: { readonly name: string; readonly line: string }[];
  /** What answers for AWS in its place, while it answers. */
  before: ((call: AwsCall) => Promise<Fault | undefined> | Fault | undefined) | undefined;
  /** POSTs to the sign function's URL; a string and bytes go as they are. */
  post(body: unknown): Promise<Response>;
  /** A token, over HTTP. */
  sign(request?: object): Promise<Answer>;
  /** Runs a tick and answers with its report. */
  report(): Promise<Report>;
}

export interface Report {
  readonly documentVersion: number;
  readonly steps: readonly { readonly step: string; readonly why: string }[];
  readonly holds: readonly { readonly kind: string; readonly why: string }[];
}

export const REQUEST = { audience: 'orders-api', claims: { sub: 'svc:checkout' } };

/** The shortest windows that pass the check: a rotation is ready three seconds after its key was made. */
export const SHORT = {
  rotationPeriod: '4s',
  publicationLead: '3s',
  grace: '10s',
  tokenLifetime: '4s',
  maxTokenLifetime: '4s',
  tick: '1s',
  edgeMaxAge: '1s',
  edgeStaleWhileRevalidate: '0s',
  edgeStaleIfError: '0s',
  signerCache: '1s',
  signingLatency: '1s',
  clockSkew: '1s',
  verifierLeeway: '0s',
  verifiers: [{ name: 'every token', keyCache: '0s', refetch: 'never' }],
};

/** Ticks come only when a test asks for them. */
export async function startIssuer(options: Partial<LocalOptions> = {}): Promise<Issuer> {
  const calls: string[] = [];
  const lines: Issuer['lines'] = [];
  let issuer: Issuer | undefined;
  const stack = await startLocalStack({
    config: {},
    ticking: false,
    onLog: (name, line) => lines.push({ name, line }),
    hooks: {
      onCall: ({ service, operation, accessKeyId }) => {
        calls.push(`${accessKeyId.replace('AKIALOCAL', '')} ${service}.${operation}`);
      },
      before: (call) => issuer?.before?.(call),
    },
    ...options,
  });
  const post = (body: unknown) =>
    fetch(`${stack.url}/sign`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body instanceof Uint8Array ? new Uint8Array(body) : typeof body === 'string' ? body : JSON.stringify(body),
    });
  issuer = {
    ...stack,
    calls,
    lines,
    before: undefined,
    post,
    sign: async (request = REQUEST) => {
      const response = await post(request);
      if (response.status === 200) return (await response.json()) as Answer;
      throw new Error(`signing is answered with ${response.status}: ${await response.text()}`);
    },
    report: async () => {
      const { payload, functionError } = await stack.tick();
      if (functionError) throw new Error(payload);
      return JSON.parse(payload) as Report;
    },
  };
  return issuer;
}

/** With its first key active, a standby, and no environment of the sign function. */
export async function startSigning(options: Partial<LocalOptions> = {}): Promise<Issuer> {
  const issuer = await startIssuer(options);
  // A busy machine may be too late with the first canary, which holds that tick alone.
  for (let held = true, ticks = 0; held && ticks < 3; ticks++) {
    held = (await issuer.report()).holds.some(({ kind }) => kind === 'step');
  }
  issuer.lambda.kill('sign');
  issuer.calls.length = 0;
  issuer.lines.length = 0;
  return issuer;
}
