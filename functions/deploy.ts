/**
 * The deploy function: what CloudFormation asks of the issuer as a whole. At the end of a deployment it makes the first key
 * and proves that a token verifies; where the state goes with the stack, it closes the issuer first.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
import { setTimeout as after } from 'node:timers/promises';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { HttpsEdge } from '../lib/aws/https-edge.ts';
import { LambdaCanary } from '../lib/aws/lambda-canary.ts';
import { invokeFunction } from '../lib/aws/lambda-invoke.ts';
import { prove } from '../lib/core/deployment.ts';
import { isKeyturnError } from '../lib/core/errors.ts';
import type { TickReport } from '../lib/core/rotate.ts';
import { readVariable } from './environment.ts';
import { clock, log, sleep } from './runtime.ts';

const issuer = readVariable('KEYTURN_ISSUER');
/** Set where the stack's removal policy takes the state along. */
const operateFunction = process.env.KEYTURN_OPERATE_FUNCTION;
// A tick takes up to two minutes, and a second one behind its back would only be in its way.
const lambda = new LambdaClient({
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 130_000 },
});
const canary = new LambdaCanary(lambda, readVariable('KEYTURN_SIGN_FUNCTION'));
const rotateFunction = readVariable('KEYTURN_ROTATE_FUNCTION');
const ports = {
  tick: () => invokeFunction<TickReport>(lambda, { functionName: rotateFunction }, {}),
  canary: () => canary.active(),
  edge: new HttpsEdge(readVariable('KEYTURN_EDGE_URL')),
  clock,
  sleep,
  log,
};

export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  try {
    await respond(event, { Status: 'SUCCESS', Data: await perform(event) });
  } catch (error) {
    const { message } = error as Error;
    log({ event: 'deployment', issuer, failed: message });
    await respond(event, { Status: 'FAILED', Reason: isKeyturnError(error) ? `${error.code}: ${message}` : message });
  }
}

async function perform(event: CloudFormationCustomResourceEvent): Promise<object> {
  if (event.RequestType === 'Delete') return remove();
  if (event.RequestType === 'Create') return prove(ports, issuer, { isFirst: true, touchesEdge: false });
  const touchesEdge = event.OldResourceProperties.Edge !== event.ResourceProperties.Edge;
  return prove(ports, issuer, { isFirst: false, touchesEdge, before: issuerOf(event.PhysicalResourceId) });
}

/** Undefined for an id that CloudFormation has made up, where a Create never answered. */
const issuerOf = (physicalResourceId: string): string | undefined =>
  /^keyturn-(https?:.+)$/.exec(physicalResourceId)?.[1];

/** Retained state outlives the stack: then there is nothing to do. */
async function remove(): Promise<object> {
  if (!operateFunction) return {};
  const request = { operation: 'close', reason: 'the stack was deleted' };
  try {
    return await invokeFunction<object>(lambda, { functionName: operateFunction }, request);
  } catch (error) {
    // A deployment that failed before the first tick has left nothing.
    if (isKeyturnError(error, 'keyring_missing')) return {};
    throw error;
  }
}

const ATTEMPTS = 5;

/** Without an answer CloudFormation waits for its time-out. */
async function respond(event: CloudFormationCustomResourceEvent, answer: object): Promise<void> {
  const { StackId, RequestId, LogicalResourceId, ResponseURL } = event;
  const PhysicalResourceId = 'PhysicalResourceId' in event ? event.PhysicalResourceId : `keyturn-${issuer}`;
  const body = JSON.stringify({ StackId, RequestId, LogicalResourceId, PhysicalResourceId, ...answer });
  for (let attempt = 1; ; attempt++) {
    // The URL is signed for a request without a content type.
    const response = await fetch(ResponseURL, { method: 'PUT', body, headers: { 'content-type': '' } }).catch(
      () => null,
    );
    if (response?.ok) return;
    if (attempt === ATTEMPTS) throw new Error(`CloudFormation took no answer (${response?.status ?? 'unreachable'})`);
    await after(attempt * 1000);
  }
}
