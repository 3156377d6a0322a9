/** Lifecycle events on the account's default bus of EventBridge. */
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Events } from '../core/announcer.ts';
import type { LifecycleEvent } from '../core/events.ts';

/** Permissions hang on it. The same name as in lib/cdk/permissions.ts. */
export const EVENT_SOURCE = 'keyturn';
/** PutEvents, "Entries". */
const MAX_ENTRIES = 10;

export class EventBridgeEvents implements Events {
  readonly #client: EventBridgeClient;

  constructor(client: EventBridgeClient) {
    this.#client = client;
  }

  async publish(events: readonly LifecycleEvent[]): Promise<void> {
    for (let start = 0; start < events.length; start += MAX_ENTRIES) {
      const Entries = events.slice(start, start + MAX_ENTRIES).map(({ type, at, ...detail }) => ({
        Source: EVENT_SOURCE,
        DetailType: type,
        Time: new Date(at * 1000),
        Detail: JSON.stringify({ version: 1, at, ...detail }),
      }));
      const { FailedEntryCount, Entries: outcomes = [] } = await this.#client.send(new PutEventsCommand({ Entries }));
      const failed = outcomes.find(({ ErrorCode }) => ErrorCode);
      if (FailedEntryCount) throw new Error(`${FailedEntryCount} events were not taken: ${failed?.ErrorMessage}`);
    }
  }
}
