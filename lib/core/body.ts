/** The raw text of a request, as it arrives at the function URL. By direct Invoke a request arrives parsed. */
import { scanJson } from './json.ts';
import { refuse } from './refusal.ts';
import type { RequestLimits } from './request.ts';

/**
 * Size, encoding and JSON; `parseSignRequest` reads what comes out.
 * @throws KeyturnError `body_too_large`, `body_not_json`, `duplicate_member`, `unsafe_number`, `too_deep`
 */
export function parseBody(raw: Uint8Array | string, limits: RequestLimits): unknown {
  const size = Buffer.byteLength(raw);
  if (size > limits.maxBodyBytes) {
    refuse('body_too_large', '', `the body must have at most ${limits.maxBodyBytes} bytes, got ${size}`);
  }
  if (size === 0) refuse('body_not_json', '', 'the body must be a JSON object, got an empty body');
  const text = typeof raw === 'string' ? raw : decodeUtf8(raw);
  // RFC 8259 §8.1: a sender must not add one.
  if (text.startsWith('\ufeff')) refuse('body_not_json', '', 'the body must not begin with a byte order mark');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without its cause: V8 quotes the text there, and with it a claim's value.
    refuse('body_not_json', '', `the body must be JSON (RFC 8259), got ${size} bytes that are not`);
  }
  // The request and its claims are two levels.
  scanJson(text, limits.maxClaimDepth + 2);
  return value;
}

function decodeUtf8(raw: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return refuse('body_not_json', '', `the body must be UTF-8, got ${raw.length} bytes that are not`);
  }
}
