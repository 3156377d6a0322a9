/** One kid in 64 begins with a hyphen, and none of them is an option: in an emergency nobody should have to know of `--`. */

/** RFC 7638 with SHA-256, in base64url: no option is as long. Or its beginning, as `status` shows it: no option ends so. */
const HYPHEN_KID = /^-(?:[\w-]{42}|[\w-]{3,}…)$/;

export function kidsApart(args: readonly string[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const [before, after] = [args.slice(0, end), args.slice(end + 1)];
  const kids: string[] = [];
  const rest: string[] = [];
  for (const arg of before) {
    if (!HYPHEN_KID.test(arg)) rest.push(arg);
    else if (rest.at(-1) === '--kid') rest.splice(-1, 1, `--kid=${arg}`);
    else kids.push(arg);
  }
  const positionals = [...kids, ...after];
  return positionals.length > 0 ? [...rest, '--', ...positionals] : rest;
}
