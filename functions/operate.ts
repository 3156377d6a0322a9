/** The operate function: what a person asks for. Its own grant, because it is more than a tick may do by itself. */
import type { BurnReport } from '../lib/core/burn.ts';
import { operate } from '../lib/core/operate.ts';
import type { TickReport } from '../lib/core/rotate.ts';
import { rotatorPolicy, rotatorPorts } from './rotator.ts';

const policy = rotatorPolicy();
const ports = rotatorPorts(policy);

export const handler = (event: unknown): Promise<TickReport | BurnReport> => operate(ports, policy, event);
