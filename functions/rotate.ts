/** The rotate function: one tick of the reconciler. It takes no command; whatever the event says changes nothing. */
import { rotate, type TickReport } from '../lib/core/rotate.ts';
import { rotatorPolicy, rotatorPorts } from './rotator.ts';

const policy = rotatorPolicy();
const ports = rotatorPorts(policy);

export const handler = (): Promise<TickReport> => rotate(ports, policy);
