/** What must be denied, a sentence a row. */
import type { Context } from './conditions.ts';
import type { Who } from './who.ts';

export interface Row {
  /** Goes on after who it is: "rotator may not sign with …". */
  readonly mayNot: string;
  readonly who: readonly Who[];
  readonly actions: readonly string[];
  readonly on: string;
  readonly context: Context;
  /** The one statement that denies it whatever else somebody allows; `own` is who asks. Without: nobody allows it. */
  readonly fence: string | undefined;
}

/** A request that is in order. */
export type Asking = Pick<Row, 'on' | 'context'>;

export const row = (
  mayNot: string,
  who: readonly Who[],
  actions: readonly string[],
  { on, context }: Asking,
  fence?: string,
): Row => ({ mayNot, who, actions, on, context, fence });

/** In order, but for this. */
export const but = ({ on, context }: Asking, changes: Context): Asking => ({ on, context: { ...context, ...changes } });
