/** How much code a cold start loads, and that nothing needless is in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SHIPPED } from '../bundles.ts';
import { KB, type Part, type Row } from '../row.ts';

const NEEDLESS = /client-s3|xray|\bajv\b|client-sso|client-sts|nested-clients/;

async function run(): Promise<readonly Row[]> {
  const bytes = readFileSync(SHIPPED);
  const { outputs } = JSON.parse(readFileSync(join(SHIPPED, '../meta.json'), 'utf8')) as {
    outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
  };
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const needless = inputs.filter(([file, { bytesInOutput }]) => bytesInOutput > 0 && NEEDLESS.test(file));
  const compressed = gzipSync(bytes, { level: 9 }).length;
  return [
    { what: 'sign bundle, minified', value: bytes.length / KB, unit: 'KB', goal: 200, note: `${bytes.length} bytes` },
    { what: 'sign bundle, compressed', value: compressed / KB, unit: 'KB', goal: 65, note: `${compressed} bytes` },
    { what: 'of s3, xray, ajv, sso and sts', value: needless.length, unit: 'files', goal: 0 },
  ];
}

export const size: Part = { name: 'size', title: 'the bundle', run };
