/** How long CloudFront keeps an answer, by what the origin said (CloudFront Developer Guide, "Manage how long content stays in the cache"). */

export interface Lifetime {
  /** `no-store` and `private`: passed on, never kept. */
  readonly isStored: boolean;
  readonly freshSeconds: number;
  /** Seconds after that in which the old copy is served at once while a new one is fetched (RFC 5861 §3). */
  readonly staleWhileRevalidate: number;
  /** Seconds after freshness in which the old copy answers for a failing origin (RFC 5861 §4); for ever when not given. */
  readonly staleIfError: number;
}

/** The DefaultTTL of a cache policy, for answers that say nothing. */
const DEFAULT_TTL_SECONDS = 86_400;

export function lifetime(cacheControl: string | undefined): Lifetime {
  const directives = new Map(
    (cacheControl ?? '').split(',').map((directive) => {
      const [name = '', value = ''] = directive.trim().toLowerCase().split('=');
      return [name, value] as const;
    }),
  );
  const seconds = (name: string): number | undefined => {
    const value = directives.get(name)?.replaceAll('"', '');
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const mustAsk = directives.has('no-cache');
  return {
    isStored: !directives.has('no-store') && !directives.has('private'),
    freshSeconds: mustAsk ? 0 : (seconds('s-maxage') ?? seconds('max-age') ?? DEFAULT_TTL_SECONDS),
    staleWhileRevalidate: mustAsk ? 0 : (seconds('stale-while-revalidate') ?? 0),
    staleIfError: seconds('stale-if-error') ?? Number.POSITIVE_INFINITY,
  };
}
