/** Rows by part, with what they were measured on: what `--json` writes, and what the table and the plot are made of. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { isMissed, type Row } from './row.ts';

export interface Result {
  /** ISO 8601, a day. */
  readonly date: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly parts: readonly { readonly name: string; readonly title: string; readonly rows: readonly Row[] }[];
}

const PACKAGES = ['@aws-sdk/client-kms', 'jose', 'aws-jwt-verify', 'fast-jwt', 'jsonwebtoken', 'esbuild'] as const;

export function resultOf(parts: Result['parts'], now: Date): Result {
  const require = createRequire(import.meta.url);
  const installed = (name: string): string => {
    const main = require.resolve(name);
    const root = main.slice(0, main.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}/`.length);
    return (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }).version;
  };
  return {
    date: now.toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores, ${cpus()[0]?.model.trim() ?? 'of some kind'}`,
    versions: {
      node: process.versions.node,
      ...Object.fromEntries(PACKAGES.map((name) => [name, installed(name)])),
    },
    parts,
  };
}

export const missed = ({ parts }: Result): Row[] => parts.flatMap(({ rows }) => rows.filter(isMissed));

/** The last words of a run, and how it ends. */
export function verdictOf(result: Result): { readonly text: string; readonly exitCode: 0 | 1 } {
  const failures = missed(result);
  if (failures.length === 0) return { text: 'no goal is missed by more than the noise', exitCode: 0 };
  return { text: failures.map(({ what }) => `missed: ${what}`).join('\n'), exitCode: 1 };
}
