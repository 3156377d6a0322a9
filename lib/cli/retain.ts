/** `keyturn retain`: nothing retires the key until it is released. */
import { kidVerb } from './kid-verb.ts';
import { TARGET_HELP } from './verb.ts';

export const summary = 'keep a key in the JWKS until it is released';

export const help = `Usage: keyturn retain KID [options]

Nothing but a burn takes the key out of the JWKS until it is released: for a verifier that is known to
be behind, or an investigation. Needs grantOperate.

  KID                 whole, or how it begins: at least four characters, as status shows it
${TARGET_HELP}
Example:
  keyturn retain aJSXe7Ofvn1G…
`;

export const run = kidVerb('retain', (kid) => `${kid} stays in the JWKS until "keyturn release ${kid}"`);
