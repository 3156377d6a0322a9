/** `keyturn release`: a retained key goes its way again. */
import { kidVerb } from './kid-verb.ts';
import { TARGET_HELP } from './verb.ts';

export const summary = 'let a retained key go';

export const help = `Usage: keyturn release KID [options]

Ends a "keyturn retain": the key leaves the JWKS when its grace is over. Needs grantOperate.

  KID                 whole, or how it begins: at least four characters, as status shows it
${TARGET_HELP}
Example:
  keyturn release aJSXe7Ofvn1G…
`;

export const run = kidVerb('release', (kid) => `${kid} goes its way`);
