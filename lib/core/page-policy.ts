/** The page's Content-Security-Policy as a header. */

/** What the page says of itself, and what only a header can say: no other page may frame it. */
export function contentSecurityPolicy(html: string): string {
  const [, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(html) ?? [];
  if (policy === undefined) throw new Error('the page must carry its Content-Security-Policy');
  return `${policy}; frame-ancestors 'none'`;
}
