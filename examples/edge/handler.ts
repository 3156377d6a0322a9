/** What CloudFront runs. */
import { createVerifier } from 'keyturn/verifier';
import { identify } from './identity.ts';
import { settings } from './settings.ts';

// A viewer-request function is cut off after 5 seconds, the start of a new environment included.
export const handler = identify(createVerifier({ ...settings, keysTimeout: 2 }));
