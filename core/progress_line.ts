/**
 * Progress on a terminal: one line that is written over, or, where there is no terminal, a line now and
 * then.
 *
 * @module
 */
import { type Clock, SECOND_MS } from "./clock.ts";

/** Shows how far work is. */
export interface ProgressLine {
  /** So many are done. */
  show(step: { done: number; total: number }): void;
  /** A line that stays, above the bar. */
  say(line: string): void;
  /** Leaves the bar as it stands. */
  end(): void;
}

const BAR_LENGTH = 30;
/** Where nobody watches, a line for every so many percent. */
const PERCENT_STEP = 10;

/** A progress line; `write` takes text as it is, without a line's end. */
export function createProgressLine(
  { clock, write, isTerminal }: {
    clock: Pick<Clock, "now">;
    write: (text: string) => void;
    isTerminal: boolean;
  },
): ProgressLine {
  const startedAtMs = clock.now();
  let bar = "";
  let toldPercent = 0;
  function show({ done, total }: { done: number; total: number }): void {
    const percent = total === 0 ? 100 : Math.floor(done * 100 / total);
    bar = describe({ done, total, percent, ranMs: clock.now() - startedAtMs });
    if (isTerminal) return write(`\r${bar}\x1b[K`);
    if (percent - toldPercent < PERCENT_STEP && done < total) return;
    toldPercent = percent;
    write(`${bar}\n`);
  }
  return {
    show,
    say: (line) => write(isTerminal ? `\r${line}\x1b[K\n${bar}` : `${line}\n`),
    end: () => isTerminal && bar !== "" ? write("\n") : undefined,
  };
}

function describe(
  { done, total, percent, ranMs }: { done: number; total: number; percent: number; ranMs: number },
): string {
  const filled = Math.round(percent * BAR_LENGTH / 100);
  const bar = "#".repeat(filled) + "-".repeat(BAR_LENGTH - filled);
  const leftSeconds = done === 0 ? 0 : Math.ceil(ranMs / done * (total - done) / SECOND_MS);
  return `[${bar}] ${percent} %, ${done} of ${total}, ${leftSeconds} s left`;
}
