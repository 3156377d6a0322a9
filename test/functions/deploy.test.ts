/** The deploy function as CloudFormation meets it: one event, one answer at the URL that the event names. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lambda } from '../../lib/local/lambda.ts';
import { type Issuer, startIssuer } from './issuer.ts';

interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Record<string, unknown>;
}

let issuer: Issuer;
let cloudFormation: Server;
let deploy: Lambda;
const answers: Answer[] = [];
const lines: string[] = [];
/** How many answers are met with 503 first. */
let refusals = 0;

beforeAll(async () => {
  issuer = await startIssuer({ config: { algorithm: 'ES256' } });
  cloudFormation = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    // S3 refuses a signed URL that is used with another content type than it was signed for.
    if (request.headers['content-type'] || request.method !== 'PUT') return response.writeHead(403).end();
    if (refusals-- > 0) return response.writeHead(503).end();
    answers.push(JSON.parse(Buffer.concat(chunks).toString()) as Answer);
    return response.end();
  });
  await new Promise<void>((resolve) => cloudFormation.listen(0, '127.0.0.1', resolve));
  const bundle = new URL('../../dist/functions/deploy/index.js', import.meta.url).pathname;
  const environment = {
    KEYTURN_ISSUER: issuer.policy.issuer,
    KEYTURN_EDGE_URL: issuer.url,
    KEYTURN_SIGN_FUNCTION: 'sign',
    KEYTURN_ROTATE_FUNCTION: 'rotate',
  };
  const closing = { ...environment, KEYTURN_OPERATE_FUNCTION: 'operate' };
  const log = (_: string, line: string) => lines.push(line);
  const definitions = [
    { name: 'deploy', bundle, environment },
    { name: 'deploy-destroy', bundle, environment: closing },
  ];
  deploy = new Lambda(definitions, issuer.awsEndpointUrl, log);
});
afterAll(async () => {
  deploy.close();
  cloudFormation.close();
  await issuer.close();
});

async function ask(event: object, name = 'deploy'): Promise<Answer> {
  const { port } = cloudFormation.address() as AddressInfo;
  const whole = {
    ResponseURL: `http://127.0.0.1:${port}/answer?signature=x`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Deployment',
    ResourceProperties: { Edge: 'a' },
    ...event,
  };
  const { functionError, payload } = await deploy.invoke(name, JSON.stringify(whole));
  expect(functionError, payload).toBeUndefined();
  return answers.at(-1) as Answer;
}
const update = { RequestType: 'Update', PhysicalResourceId: 'p', OldResourceProperties: { Edge: 'a' } };

test('Create ends with a first key that signs, and Update with one that still does', async () => {
  refusals = 1;
  const created = await ask({ RequestType: 'Create' });
  expect(created).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: `keyturn-${issuer.policy.issuer}`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Deployment',
  });
  const { kid } = await issuer.sign();
  expect(created.Data).toEqual({ kid });
  expect(await ask(update)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'p', Data: { kid } });
});

test('another issuer in its place is refused before anything is done, and the id stays that of the one before', async () => {
  const calls = issuer.calls.length;
  const id = 'keyturn-https://before.example.com';
  expect(await ask({ ...update, PhysicalResourceId: id })).toMatchObject({
    Status: 'FAILED',
    PhysicalResourceId: id,
    Reason: expect.stringMatching(
      /^deployment_failed: this stack makes https:\/\/before\.example\.com, and cannot make /,
    ),
  });
  expect(issuer.calls.slice(calls)).toEqual([]);
  const own = `keyturn-${issuer.policy.issuer}`;
  expect(await ask({ ...update, PhysicalResourceId: own })).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: own,
  });
});

test('Delete leaves the state alone, unless it goes with the stack', async () => {
  const remove = { RequestType: 'Delete', PhysicalResourceId: 'p' };
  expect(await ask(remove)).toMatchObject({ Status: 'SUCCESS', Data: {} });
  await issuer.sign();
  // The stack keeps its state: the operate function says so, and the deletion fails with its words.
  expect(await ask(remove, 'deploy-destroy')).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringMatching(/^transition_refused: only a stack whose removal policy is DESTROY closes/),
  });
  await issuer.sign();
});

test('no line of log has the URL of the answer, which is signed', () => {
  expect(lines.join('\n')).not.toContain('signature');
});
