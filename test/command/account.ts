/**
 * An AWS account around a local stack, as far as the command meets one: CloudFormation, Scheduler and IAM answer here, the
 * rest is the stack's own endpoint. What they say, and who is refused, is the test's.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalStack } from '../../lib/cli/local-stack.ts';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface Account {
  readonly url: string;
  /** By the service's name in a signature. */
  refusals: Record<string, Refusal>;
  schedule: { State: string; ScheduleExpression: string } | undefined;
  /** Outputs of the stack beside the issuer's. */
  others: Record<string, string>;
  /** Actions that IAM denies, to whichever role. */
  denied: string[];
  close(): Promise<void>;
}

const STACK = 'Tokens';

export async function accountAround(stack: LocalStack): Promise<Account> {
  const local = (await (await fetch(`${stack.url}/outputs.json`)).json()) as Record<string, string>;
  const outputs = { ...local, ScheduleName: 'ticks' };
  const server = createServer(async (message, response) => {
    const { service, answer } = await answerTo(message);
    if (answer === undefined) return proxy();
    response.writeHead(answer.status, { 'content-type': service === 'scheduler' ? 'application/json' : 'text/xml' });
    return response.end(answer.body);

    function proxy(): void {
      const { method, url, headers } = message;
      const onward = request(`${stack.awsEndpointUrl}${url}`, { method, headers: { ...headers } }, (from) => {
        response.writeHead(from.statusCode ?? 502, from.headers);
        from.pipe(response);
      });
      // Its body has been read already where it had to be.
      onward.end(bodies.get(message));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bodies = new Map<IncomingMessage, string>();

  async function answerTo(message: IncomingMessage) {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    bodies.set(message, body);
    const [, service = ''] = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(message.headers.authorization ?? '') ?? [];
    return { service, answer: answerOf(service, new URLSearchParams(body)) };
  }

  function answerOf(service: string, query: URLSearchParams) {
    const refusal = account.refusals[service];
    if (refusal) return refused(service, refusal);
    if (service === 'scheduler') {
      if (account.schedule) return { status: 200, body: JSON.stringify(account.schedule) };
      return refused(service, { status: 404, code: 'ResourceNotFoundException', message: 'Schedule ticks not found' });
    }
    if (service === 'cloudformation') {
      if (query.get('StackName') === STACK) return { status: 200, body: described({ ...outputs, ...account.others }) };
      const message = `Stack with id ${query.get('StackName')} does not exist`;
      return refused(service, { status: 400, code: 'ValidationError', message });
    }
    return service === 'iam' ? { status: 200, body: simulated(query, account.denied) } : undefined;
  }

  const { port } = server.address() as AddressInfo;
  const account: Account = {
    url: `http://127.0.0.1:${port}`,
    refusals: {},
    others: {},
    schedule: { State: 'ENABLED', ScheduleExpression: 'rate(15 minutes)' },
    denied: [],
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return account;
}

const refused = (service: string, { status, code, message }: Refusal) =>
  service === 'scheduler'
    ? { status, body: JSON.stringify({ __type: code, Message: message }) }
    : {
        status,
        body: `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      };

const described = (outputs: Readonly<Record<string, string>>) => {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const stack = `<member><StackName>${STACK}</StackName><Outputs>${members.join('')}</Outputs></member>`;
  const result = `<DescribeStacksResult><Stacks>${stack}</Stacks></DescribeStacksResult>`;
  return `<DescribeStacksResponse>${result}</DescribeStacksResponse>`;
};

function simulated(query: URLSearchParams, denied: readonly string[]): string {
  const actions = [...query].filter(([name]) => name.startsWith('ActionNames')).map(([, value]) => value);
  const members = actions.map((action) => {
    const decision = denied.includes(action) ? 'explicitDeny' : 'allowed';
    return `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${decision}</EvalDecision></member>`;
  });
  const result = `<SimulatePrincipalPolicyResult><EvaluationResults>${members.join('')}</EvaluationResults></SimulatePrincipalPolicyResult>`;
  return `<SimulatePrincipalPolicyResponse>${result}</SimulatePrincipalPolicyResponse>`;
}
