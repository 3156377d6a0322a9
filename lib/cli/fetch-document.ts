/** One document as any client gets it, with what its headers say. */
import type { Fetched } from '../core/jwks-lint.ts';
import { UnreachableError } from './verb.ts';

const TIMEOUT_MS = 10_000;

/** @throws UnreachableError when nothing answers */
export async function fetchDocument(url: string): Promise<Fetched & { readonly age: number | undefined }> {
  try {
    // A redirect is a finding: most verifiers do not follow it.
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { status, headers } = response;
    const age = headers.get('age');
    return {
      url,
      status,
      contentType: headers.get('content-type') ?? undefined,
      cacheControl: headers.get('cache-control') ?? undefined,
      age: age === null ? undefined : Number(age),
      body: await response.text(),
    };
  } catch (cause) {
    throw new UnreachableError(`nothing answers at ${url}`, { cause });
  }
}
