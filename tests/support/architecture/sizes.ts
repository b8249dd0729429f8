/**
 * Sizes as a ratchet: what is tall is listed with its height, which may fall and may not rise.
 *
 * @module
 */
import { findFunctions } from "../source_scan.ts";
import { isProduct } from "./doors.ts";
import type { Source } from "../source_map.ts";

/** A file above this many lines needs a listed height. */
export const FILE_LINES_MAX = 300;

/** A function above this many lines needs a listed height. */
export const FUNCTION_LINES_MAX = 60;

/** Something tall, with the reason why it may be. */
export interface Height {
  /** `core/x.ts` for a file, `core/x.ts#name` for a function. */
  place: string;
  /** How many lines it may have. */
  lineCount: number;
  /** Why it is not split. */
  reason: string;
}

/** Nothing is tall but what is listed, nothing is taller than listed, nothing is listed in vain. */
export function checkSizes(sources: readonly Source[], listed: readonly Height[]): string[] {
  const tall = sources.filter(isProduct).flatMap(heightsOf);
  const rising = tall.filter(({ place, lineCount }) =>
    lineCount > (listed.find((height) => height.place === place)?.lineCount ?? 0)
  );
  const stale = listed.filter(({ place }) => !tall.some((height) => height.place === place));
  return [
    ...rising.map(({ place, lineCount }) => `${place}: has ${lineCount} lines`),
    ...stale.map(({ place }) => `${place}: is listed as tall and no longer is`),
  ];
}

function heightsOf({ path, text, code }: Source): { place: string; lineCount: number }[] {
  const lineCount = text.trimEnd().split("\n").length;
  const functions = findFunctions(code).filter((span) => span.lineCount > FUNCTION_LINES_MAX)
    .map((span) => ({ place: `${path}#${span.name}`, lineCount: span.lineCount }));
  return lineCount > FILE_LINES_MAX ? [{ place: path, lineCount }, ...functions] : functions;
}
