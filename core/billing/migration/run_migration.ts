/**
 * The migration as a command: reads the file, shows how far it is, ends in one line of figures.
 *
 * Goes to: `core/billing/migration/read_rows.ts`, `core/billing/migration/migrate_usage.ts`.
 *
 * @module
 */
import type { ProgressLine } from "../../progress_line.ts";
import type { SmsSettings } from "../../sms_billing/settings.ts";
import { ensureSmsBase } from "../../sms_billing/terms.ts";
import type { BillingDeps } from "../bill_due.ts";
import { migrateUsage, type MigrationTally } from "./migrate_usage.ts";
import { readMigrationFile } from "./read_rows.ts";

/** Brings a file over; answers its figures, with broken rows among those that failed. */
export async function runMigration(
  deps: BillingDeps,
  { file, base, progress }: {
    file: { name: string; text: string };
    /** What the environment says of SMS billing. */
    base: SmsSettings;
    progress: ProgressLine;
  },
): Promise<MigrationTally> {
  const { rows, broken } = readMigrationFile(file);
  for (const { line, reason } of broken) progress.say(`line ${line}: ${reason}`);
  await ensureSmsBase(deps, base);
  const tally = await migrateUsage(deps, {
    rows,
    report: ({ failure, ...step }) => {
      if (failure !== null) progress.say(failure);
      progress.show(step);
    },
  });
  progress.end();
  return { ...tally, failed: tally.failed + broken.length };
}

/** The last line of the command. */
export function describeMigration(tally: MigrationTally): string {
  const { processed, created, skipped, failed } = tally;
  return `processed=${processed} created=${created} skipped=${skipped} failed=${failed}`;
}
