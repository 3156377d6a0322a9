/** `keyturn.config.json`, wherever a verb is told that it lies. */
import { readFileSync } from 'node:fs';
import { UsageError } from './verb.ts';

/** @throws UsageError */
export function readConfig(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`--config ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === 'object' && config !== null && !Array.isArray(config))
      return config as Record<string, unknown>;
  } catch (cause) {
    throw new UsageError(`--config ${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw new UsageError(`--config ${file} must hold a JSON object`);
}
