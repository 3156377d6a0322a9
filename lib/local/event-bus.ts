/** EventBridge's PutEvents for the default bus, which keeps what it was given and has no rules. */
import { randomUUID } from 'node:crypto';
import type { JsonObject, Operation } from './json-api.ts';
import { AwsError } from './wire.ts';

export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: JsonObject;
}

const MAX_KEPT = 1000;

export class EventBus {
  readonly events: BusEvent[] = [];
  readonly operations: Readonly<Record<string, Operation>> = { PutEvents: (input) => this.#put(input) };

  #put({ Entries: entries }: JsonObject): JsonObject {
    if (!Array.isArray(entries) || entries.length < 1 || entries.length > 10) {
      throw new AwsError(400, 'ValidationException', 'Entries must have 1 to 10 members.');
    }
    const outcomes = entries.map((entry) => this.#take(entry as JsonObject));
    return { FailedEntryCount: outcomes.filter((outcome) => 'ErrorCode' in outcome).length, Entries: outcomes };
  }

  /** PutEvents, "Errors": each entry fails for itself. */
  #take({ Source: source, DetailType: detailType, Detail: text, EventBusName: bus }: JsonObject): JsonObject {
    const refuse = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
    if (bus !== undefined && bus !== 'default') return refuse('InvalidArgument', 'Only the default bus is here.');
    if (typeof source !== 'string' || source === '') return refuse('InvalidArgument', 'Parameter Source is not valid.');
    if (source.startsWith('aws.')) return refuse('NotAuthorizedForSourceException', 'Not authorized for the source.');
    if (typeof detailType !== 'string' || detailType === '')
      return refuse('InvalidArgument', 'Parameter DetailType is not valid.');
    try {
      this.events.push({ source, detailType, detail: Object(JSON.parse(String(text))) as JsonObject });
    } catch {
      return refuse('MalformedDetail', 'Detail is malformed.');
    }
    if (this.events.length > MAX_KEPT) this.events.shift();
    return { EventId: randomUUID() };
  }
}
