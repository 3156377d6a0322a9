/** KMS's pages: `Limit` and `Marker` in, `Truncated` and `NextMarker` out. */
import type { JsonObject } from './json-api.ts';
import { AwsError } from './wire.ts';

interface Page<Item> {
  readonly items: Item[];
  readonly Truncated: boolean;
  readonly NextMarker?: string;
}

/** @throws AwsError `ValidationException`, `InvalidMarkerException` */
export function page<Item>(all: Item[], input: JsonObject, limit: { maximum: number; usual: number }): Page<Item> {
  const { Limit: size = limit.usual, Marker: marker } = input;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > limit.maximum) {
    throw new AwsError(400, 'ValidationException', `Limit must be from 1 to ${limit.maximum}`);
  }
  const start = marker === undefined ? 0 : Number(Buffer.from(String(marker), 'base64').toString());
  if (!Number.isInteger(start) || start < 0) throw new AwsError(400, 'InvalidMarkerException', 'Invalid marker.');
  const end = start + size;
  const items = all.slice(start, end);
  if (end >= all.length) return { items, Truncated: false };
  return { items, Truncated: true, NextMarker: Buffer.from(String(end)).toString('base64') };
}
