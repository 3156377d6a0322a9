/** The table of what must be denied, as requests. */
import type { Request } from './decide.ts';
import type { Row } from './denied.ts';
import { DOCUMENTS } from './denied-documents.ts';
import { FUNCTIONS } from './denied-functions.ts';
import { KEYS } from './denied-keys.ts';
import { requestOf } from './recorder.ts';
import { principalOf, WHO } from './who.ts';

export interface Denial {
  readonly request: Request;
  /** The statement that denies it whatever else somebody allows. */
  readonly fence: string | undefined;
}

export const denialsOf = ({ who, actions, on, context, fence }: Row): Denial[] =>
  who.flatMap((name) => {
    const own = name in WHO ? WHO[name as keyof typeof WHO].owner : name;
    return actions.map((action) => ({
      request: requestOf(principalOf(name), { action, resource: on, context }),
      fence: fence?.replace(/^own /, `${own} `),
    }));
  });

export const ROWS: readonly Row[] = [...KEYS, ...DOCUMENTS, ...FUNCTIONS];
export const DENIALS: readonly Denial[] = ROWS.flatMap(denialsOf);
