/** The operate function: what a person asks for. Its own grant, because it is more than a tick may do by itself. */
import { type OperateReport, operate } from '../lib/core/operate.ts';
import { rotatorPolicy, rotatorPorts } from './rotator.ts';

const policy = rotatorPolicy();
const ports = rotatorPorts(policy);

const mayClose = process.env.KEYTURN_MAY_CLOSE === 'yes';

export const handler = (event: unknown): Promise<OperateReport> => operate(ports, policy, event, { mayClose });
