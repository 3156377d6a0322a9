/**
 * What the last run of the reconciler did and found, kept beside the keyring: whoever may read the one may read the other,
 * and needs no access to logs to see that it is well. A record is no truth about keys; losing one loses nothing.
 */
import { type Policy, policyToJson } from './config.ts';
import { isKeyturnError } from './errors.ts';
import type { Clock } from './ports.ts';
import type { TickReport } from './rotate.ts';

export interface TickRecord {
  /** When it began. Seconds since 1970. */
  readonly at: number;
  readonly seconds: number;
  /** Absent when it failed. */
  readonly report?: TickReport;
  readonly error?: { readonly code: string; readonly message: string };
  /** By which it decided, as in `keyturn.config.json`: for plans that are made elsewhere. */
  readonly policy: Readonly<Record<string, unknown>>;
}

export interface TickRecords {
  write(record: TickRecord): Promise<void>;
  read(): Promise<TickRecord | undefined>;
}

interface RecordPorts {
  readonly records: TickRecords;
  readonly clock: Clock;
  readonly log: (line: object) => void;
  /** What else wants to know. */
  readonly notice: (record: TickRecord) => void;
}

/** Runs a tick and keeps a record of it, whatever comes of it. A record that cannot be written fails nothing. */
export async function recorded(
  { records, clock, log, notice }: RecordPorts,
  policy: Policy,
  tick: () => Promise<TickReport>,
): Promise<TickReport> {
  const at = clock();
  const keep = async (outcome: Pick<TickRecord, 'report' | 'error'>) => {
    const record = { at, seconds: clock() - at, ...outcome, policy: policyToJson(policy) };
    notice(record);
    await records.write(record).catch((error: Error) => {
      log({ event: 'record-failed', issuer: policy.issuer, why: error.message });
    });
  };
  try {
    const report = await tick();
    await keep({ report });
    return report;
  } catch (error) {
    const { name, message } = error as Error;
    await keep({ error: { code: isKeyturnError(error) ? error.code : name, message } });
    throw error;
  }
}
