/** The issuance log by CloudWatch Logs Insights, which counts where the lines are. */
import { setTimeout as after } from 'node:timers/promises';
import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  type ResultField,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Holders } from '../core/issuance.ts';

/** Insights has the members of an array apart: `aud.0`, `aud.1`. Of a token for more, these are named. */
const AUDIENCES = ['aud', 'aud.0', 'aud.1', 'aud.2', 'aud.3'];

/** As docs/queries.md has it. */
export const holdersQuery = (kid: string, now: number): string =>
  [
    `filter event = "token" and kid = ${JSON.stringify(kid)} and exp > ${Math.floor(now)}`,
    `| stats count(*) as tokens, max(exp) as until by client, ${AUDIENCES.join(', ')}`,
    '| sort until desc',
    '| limit 10000',
  ].join('\n');

const PAUSE_MS = 500;

export interface Asked {
  readonly logGroup: string;
  readonly kid: string;
  /** Seconds since 1970: no token from before lives. */
  readonly from: number;
  readonly now: number;
}

/** @throws Error when the query fails, and what the SDK throws */
export async function queryHolders(logs: Pick<CloudWatchLogsClient, 'send'>, asked: Asked): Promise<Holders[]> {
  const { logGroup, kid, from, now } = asked;
  const { queryId } = await logs.send(
    new StartQueryCommand({
      logGroupName: logGroup,
      startTime: Math.floor(from),
      endTime: Math.ceil(now),
      queryString: holdersQuery(kid, now),
    }),
  );
  for (;;) {
    const { status, results = [] } = await logs.send(new GetQueryResultsCommand({ queryId }));
    if (status === 'Complete') return results.map(holders);
    if (status !== 'Running' && status !== 'Scheduled') throw new Error(`the query of ${logGroup} ended as ${status}`);
    await after(PAUSE_MS);
  }
}

function holders(row: ResultField[]): Holders {
  const value = (name: string) => row.find(({ field }) => field === name)?.value;
  return {
    client: value('client') ?? '',
    audiences: AUDIENCES.map(value).filter((audience): audience is string => Boolean(audience)),
    tokens: Number(value('tokens')),
    until: Number(value('until')),
  };
}
