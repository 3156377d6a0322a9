/** Requests with an AWS signature (SigV4), as somebody who holds a role sends them to a function URL. */
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Credentials } from '../aws/clients.ts';
import { REGION, ROOT } from './account.ts';

export interface Signed {
  /** Where it goes. What it is addressed to is `host`. */
  readonly endpoint: string;
  readonly host: string;
  readonly service: string;
  readonly body: string;
  readonly contentType?: string;
  /** Absent: nobody signs. */
  readonly credentials?: Credentials | undefined;
}
export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** POSTs to `/`. */
export async function post(message: Signed): Promise<Answered> {
  const { endpoint, host, body, contentType = 'application/json', credentials } = message;
  const headers = { host, 'content-type': contentType, ...(credentials && signature(message, credentials)) };
  const { hostname, port } = new URL(endpoint);
  const outgoing = request({ method: 'POST', hostname, port, path: '/', headers }).end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks).toString() };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signature({ host, service, body }: Signed, credentials: Credentials): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = [time.slice(0, 8), REGION, service, 'aws4_request'];
  const headers: Record<string, string> = {
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const all = Object.entries({ host, ...headers });
  const names = all.map(([name]) => name).join(';');
  const canonical = ['POST', '/', '', ...all.map(([name, value]) => `${name}:${value}`), '', names, sha256(body)];
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical.join('\n'))].join('\n');
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const parts = [
    `Credential=${accessKeyId}/${scope.join('/')}`,
    `SignedHeaders=${names}`,
    `Signature=${hmac(key, toSign).toString('hex')}`,
  ];
  return { ...headers, authorization: `AWS4-HMAC-SHA256 ${parts.join(', ')}` };
}

/** STS and IAM, as the account itself: one member of the answer after the other. */
async function asRoot(endpoint: string, service: 'sts' | 'iam', asked: Record<string, string>) {
  const { status, body } = await post({
    endpoint,
    host: `${service}.${REGION}.amazonaws.com`,
    service,
    body: new URLSearchParams(asked).toString(),
    contentType: 'application/x-www-form-urlencoded',
    credentials: ROOT,
  });
  if (status !== 200) throw new Error(`${asked.Action} is answered with ${status}: ${body}`);
  return (name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(body)?.[1] ?? '';
}

export async function assume(endpoint: string, RoleArn: string): Promise<Credentials> {
  const asked = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn, RoleSessionName: 'tests' };
  const member = await asRoot(endpoint, 'sts', asked);
  return {
    accessKeyId: member('AccessKeyId'),
    secretAccessKey: member('SecretAccessKey'),
    sessionToken: member('SessionToken'),
  };
}

/** Another one for every role that is made, whatever its name. */
export async function roleId(endpoint: string, RoleName: string): Promise<string> {
  const member = await asRoot(endpoint, 'iam', { Action: 'GetRole', Version: '2010-05-08', RoleName });
  return member('RoleId');
}
