/** Where faults enter: every call of every port passes here, before its effect and after it. */
export interface Call {
  /** Port and method, for example `keys.create`. */
  readonly name: string;
  readonly phase: 'before' | 'after';
}

/** May throw (a fault; in phase `after` the effect has happened and the answer is lost) or wait (a slow call). */
export type Interceptor = (call: Call) => void | Promise<void>;

export type Perform = <T>(name: string, effect: () => T | Promise<T>) => Promise<T>;

export const intercepted =
  (interceptor: () => Interceptor | undefined): Perform =>
  async (name, effect) => {
    // Years of quiet ticks pass here: nothing is awaited for nobody.
    const before = interceptor()?.({ name, phase: 'before' });
    if (before) await before;
    const result = await effect();
    const after = interceptor()?.({ name, phase: 'after' });
    if (after) await after;
    return result;
  };
