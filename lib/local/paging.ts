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
  const start = marker === undefined ? 0 : fromToken(marker);
  if (start === undefined) throw new AwsError(400, 'InvalidMarkerException', 'Invalid marker.');
  const end = start + size;
  const items = all.slice(start, end);
  return end < all.length ? { items, Truncated: true, NextMarker: toToken(end) } : { items, Truncated: false };
}

/** Where a list goes on, in a form that nobody is tempted to compute. */
export const toToken = (position: number): string => Buffer.from(`from ${position}`).toString('base64');

export function fromToken(token: unknown): number | undefined {
  const position = /^from (\d+)$/.exec(Buffer.from(String(token), 'base64').toString())?.[1];
  return position === undefined ? undefined : Number(position);
}
