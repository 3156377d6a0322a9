/** What EventBridge Scheduler says of a schedule. */
import { GetScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';

export interface ScheduleFacts {
  readonly isEnabled: boolean;
  /** `rate(15 minutes)`. */
  readonly expression: string;
  /** Between two ticks, where the expression is a rate. */
  readonly seconds: number | undefined;
}

/** Undefined: there is no such schedule. @throws what the SDK throws otherwise */
export async function scheduleFacts(
  scheduler: Pick<SchedulerClient, 'send'>,
  name: string,
): Promise<ScheduleFacts | undefined> {
  try {
    const { State, ScheduleExpression: expression = '' } = await scheduler.send(new GetScheduleCommand({ Name: name }));
    return { isEnabled: State === 'ENABLED', expression, seconds: secondsOf(expression) };
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

const UNITS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based */
function secondsOf(expression: string): number | undefined {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS[unit] ?? Number.NaN);
}
