/**
 * How far something is: usage against a limit, and a job while it runs.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { parseDecimal } from "../../core/money.ts";
import { safeUrl } from "./links.ts";
import { WORDS } from "./strings.ts";

/** From here on a limit counts as close. */
export const USAGE_WARN_PERCENT = 80n;

/** How near usage is to its limit. */
export type UsageTone = "ok" | "warn" | "full";

/** Usage against its limit, both plain decimal text. */
export interface Usage {
  /** How much is used. */
  used: string;
  /** How much there is. */
  limit: string;
}

/** `full` from the limit on, `warn` from {@link USAGE_WARN_PERCENT} on; a limit of zero is full. */
export function usageTone({ used, limit }: Usage): UsageTone {
  const usedMicros = parseDecimal(used) ?? 0n;
  const limitMicros = parseDecimal(limit) ?? 0n;
  if (usedMicros >= limitMicros) return "full";
  return usedMicros * 100n >= limitMicros * USAGE_WARN_PERCENT ? "warn" : "ok";
}

/** What {@link ProgressBar} shows. */
export interface ProgressBarProps extends Usage {
  /** What is measured. */
  label: string;
  /** The same in words, such as `$8.00 of $10.00`. */
  text: string;
  /** Default: {@link usageTone}. */
  tone?: UsageTone | undefined;
}

/** A bar with its numbers and its state in words. */
export function ProgressBar({ label, text, used, limit, tone }: ProgressBarProps): JSX.Element {
  const shown = tone ?? usageTone({ used, limit });
  const hasLimit = (parseDecimal(limit) ?? 0n) > 0n;
  return (
    <div class={`progress ${shown}`}>
      <p class="row apart">
        <span>{label}</span> <span class="progress-text">{text}</span>
      </p>
      <progress
        aria-label={`${label}: ${text}`}
        value={hasLimit ? used : "1"}
        max={hasLimit ? limit : "1"}
      >
        {text}
      </progress>
      <p class="progress-word soft">{WORDS.progress[shown]}</p>
    </div>
  );
}

/** Data of the event `progress` on the stream behind a {@link LiveProgress}. */
export interface LiveProgressMessage {
  /** How many are done. */
  done: number;
  /** Null while it is not known. */
  total: number | null;
  /** One short line, such as `120 of 300 calls`. */
  text: string;
}

/** Data of the event `done`: with `href` the text and a link are shown, without the page reloads. */
export interface LiveDoneMessage {
  /** What came of it, in a sentence. */
  text: string;
  /** An own path. */
  href?: string;
  /** The words of the link; default the text. */
  label?: string;
}

/** What {@link LiveProgress} shows at first. */
export interface LiveProgressProps extends LiveProgressMessage {
  /** Path of the server-sent events, see {@link LiveProgressMessage} and {@link LiveDoneMessage}. */
  src: string;
  /** What is measured. */
  label: string;
}

/**
 * A running job. Without JavaScript it stands as it was when the page was made, and the layout's
 * `refreshSeconds` brings a fresh one.
 */
export function LiveProgress({ src, label, done, total, text }: LiveProgressProps): JSX.Element {
  const amount = total ? { value: String(done), max: String(total) } : {};
  return (
    <live-progress class="progress" src={safeUrl(src)} data-waiting={WORDS.progress.waiting}>
      <p>{label}</p>
      <progress aria-label={label} {...amount}></progress>
      <p class="progress-word soft" role="status">{text}</p>
    </live-progress>
  );
}

/** A secret or address that is shown to be copied; with JavaScript it has a button for that. */
export function CopyText({ text }: { text: string }): JSX.Element {
  return (
    <copy-text data-copy={WORDS.copy.copy} data-copied={WORDS.copy.copied}>
      <code>{text}</code>
    </copy-text>
  );
}
