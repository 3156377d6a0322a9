/** The operate function: what a person asks for. Its own grant, because it is more than a tick may do by itself. */
import { KeyturnError } from '../lib/core/errors.ts';
import { rotateNow } from '../lib/core/request-rotation.ts';
import type { TickReport } from '../lib/core/rotate.ts';
import { rotatorPolicy, rotatorPorts } from './rotator.ts';

const policy = rotatorPolicy();
const ports = rotatorPorts(policy);

/** `{ "operation": "rotate", "reason": "key ceremony" }` */
export async function handler(event: unknown): Promise<TickReport> {
  const { operation, reason, ...unknown } = Object(event) as Record<string, unknown>;
  const [extra] = Object.keys(unknown);
  if (extra !== undefined) {
    throw new KeyturnError('unknown_member', `an operation has the members operation and reason, got ${extra}`);
  }
  if (operation !== 'rotate') {
    throw new KeyturnError('operation_unknown', `operation must be rotate, got ${JSON.stringify(operation)}`);
  }
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > 200) {
    throw new KeyturnError('invalid_member', 'reason must be a text of 1 to 200 characters: it goes to the log');
  }
  return rotateNow(ports, policy, reason);
}
