import { awsClients } from '../aws/clients.ts';
import { awsSuites } from '../aws/suites.ts';
import { ACCOUNT } from './account.ts';
import { createCanaries } from './canary-functions.ts';
import { emulatedAws } from './emulated-aws.ts';
import { startMiniStack } from './emulator.ts';
import { expectKnownFaults } from './known-faults.ts';

async function start() {
  const emulator = await startMiniStack({ iam: false });
  await createCanaries(awsClients(emulator.endpoint));
  return emulatedAws(emulator, ACCOUNT);
}

expectKnownFaults('MiniStack');
awsSuites('lib/aws on MiniStack', start, { edge: false, canary: true });
