/**
 * `npm run bench`: every goal of speed, measured on the shipped bundles in one run, with a table; under ten minutes.
 *
 *   npm run bench -- sign cold      these parts alone
 *   npm run bench -- --json FILE    the result with its versions, --plot FILE as a picture
 *   npm run bench -- --write        into docs/performance.md, .json and .svg
 *   npm run bench -- load           the whole issuer under load, around a quota of 50 signatures a second (--quota N);
 *                                   --write: into docs/performance.md
 *
 * Ends with 1 when a goal is missed by more than the machine's noise, with 2 for words that it does not know or cannot obey.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load } from './load/run.ts';
import { caller } from './parts/caller.ts';
import { calls } from './parts/calls.ts';
import { clients } from './parts/clients.ts';
import { cold } from './parts/cold.ts';
import { imports } from './parts/imports.ts';
import { linear } from './parts/linear.ts';
import { own } from './parts/own.ts';
import { sign } from './parts/sign.ts';
import { size } from './parts/size.ts';
import { verify } from './parts/verify.ts';
import { plot } from './report/plot.ts';
import { markdown, table } from './report/table.ts';
import { type Result, resultOf, verdictOf } from './result.ts';
import type { Part } from './row.ts';

const PARTS: readonly Part[] = [size, calls, sign, own, cold, clients, verify, imports, caller, linear];
const DOCS = fileURLToPath(new URL('../docs/performance', import.meta.url));
/** Between these docs/performance.md carries the table. */
const MARK = {
  bench: ['<!-- bench -->\n', '\n<!-- /bench -->'],
  load: ['<!-- load -->\n', '\n<!-- /load -->'],
} as const;

let shown = '';
const { values, positionals } = readArguments();
if (positionals.includes('load')) {
  const { text, faults } = await load(Number(values.quota));
  if (values.write) writePage('load', `\`\`\`text\n${text}\n\`\`\``);
  process.exitCode = faults.length > 0 ? 1 : 0;
} else process.exitCode = await bench();

async function bench(): Promise<number> {
  const chosen = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const parts: Result['parts'][number][] = [];
  for (const [at, part] of chosen.entries()) {
    const { name, title } = part;
    const progress = (share: number) => show(`[${at + 1}/${chosen.length}] ${title} ${(share * 100).toFixed(0)} %`);
    progress(0);
    parts.push({ name, title, rows: await part.run(progress) });
  }
  show('');
  const result = resultOf(parts, new Date());
  process.stdout.write(`${table(result)}\n`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
  if (values.plot) writeFileSync(values.plot, plot(result));
  if (values.write) write(result);
  const { text, exitCode } = verdictOf(result);
  process.stdout.write(`\n${text}\n`);
  return exitCode;
}

function writePage(where: keyof typeof MARK, text: string): void {
  const page = readFileSync(`${DOCS}.md`, 'utf8');
  const [begin, end] = MARK[where];
  const [before = '', rest = ''] = page.split(begin);
  const [, after = ''] = rest.split(end);
  writeFileSync(`${DOCS}.md`, `${before}${begin}${text}${end}${after}`);
}

function write(result: Result): void {
  writePage('bench', markdown(result));
  writeFileSync(`${DOCS}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(`${DOCS}.svg`, plot(result));
}

/** On one line of the terminal; a log gets a line for each part. */
function show(text: string): void {
  if (process.stderr.isTTY) return void process.stderr.write(`\r\u001b[K${text}`);
  const part = text.replace(/ \d+ %$/, '');
  if (part !== shown && part !== '') process.stderr.write(`${part}\n`);
  shown = part;
}

function readArguments() {
  try {
    const options = {
      json: { type: 'string' },
      plot: { type: 'string' },
      write: { type: 'boolean' },
      quota: { type: 'string', default: '50' },
    } as const;
    const given = parseArgs({ allowPositionals: true, options });
    const names = [...PARTS.map(({ name }) => name), 'load'];
    const unknown = given.positionals.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`${unknown} is no part, there are ${names.join(', ')}`);
    const isLoad = given.positionals.includes('load');
    if (isLoad && given.positionals.length > 1) throw new Error('load is run alone');
    if (isLoad && (given.values.json ?? given.values.plot))
      throw new Error('load has a table, neither JSON nor a plot');
    // The results of one day and one machine stand together.
    if (!isLoad && given.values.write && given.positionals.length > 0) throw new Error('--write wants all parts');
    if (!(Number(given.values.quota) >= 10)) throw new Error(`--quota must be at least 10, got ${given.values.quota}`);
    return given;
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exit(2);
  }
}
