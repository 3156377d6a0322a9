import { awsSuites } from '../aws/suites.ts';
import { emulatedAws } from './emulated-aws.ts';
import { startMoto } from './emulator.ts';
import { expectKnownFaults } from './known-faults.ts';

expectKnownFaults('moto');
awsSuites('lib/aws on moto', async () => emulatedAws(await startMoto(), '123456789012'), {
  edge: false,
  canary: false,
});
