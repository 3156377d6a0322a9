import { localAws } from './local-aws.ts';
import { awsSuites } from './suites.ts';

awsSuites('lib/aws on lib/local', localAws, { edge: true, canary: true });
