/** `keyturn unimport`: an imported key leaves before its end. */
import { kidVerb } from './kid-verb.ts';
import { TARGET_HELP } from './verb.ts';

export const summary = 'let an imported key go before its end';

export const help = `Usage: keyturn unimport KID [options]

The key leaves the JWKS now, and the tokens that it signed stop verifying as caches end. It may be
imported again; after "keyturn burn KID" it may not. Needs grantOperate.
Exits with 1 while the documents still hold it.

  KID                 whole, or how it begins: at least four characters, as status shows it
${TARGET_HELP}
Example:
  keyturn unimport other-issuers-kid
`;

export const run = kidVerb('unimport', (kid, published) =>
  published
    ? `${kid} is no longer published`
    : `${kid} is out of the keyring and STILL PUBLISHED: every tick tries again`,
);
