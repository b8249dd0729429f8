/**
 * Whose a call may be, by what it names and by who held its number when it began.
 *
 * @module
 */
import type { TrueCall } from "../carriers/carrier_world.ts";
import { type Fields, rowAt } from "../commits.ts";
import type { MemoryKv } from "../memory_kv.ts";

/** Clocks of isolates err by so much, and a number changes hands by their clocks. */
const CLOCK_ERROR_MS = 20_000;

type Owned = Pick<TrueCall, "claims" | "numbers" | "startsMs">;

/** All accounts that are right; null among them: nobody's. */
export function ownersOf(rows: MemoryKv, call: Owned): Set<string | null> {
  // What names an account goes before numbers, and holds from when the account is there.
  if (call.claims !== null && rowAt(rows, ["account", call.claims])) {
    return call.claims === "later" ? new Set([call.claims, ...byNumber(rows, call)]) : new Set([
      call.claims,
    ]);
  }
  return byNumber(rows, call);
}

function byNumber(rows: MemoryKv, { numbers, startsMs }: Owned): Set<string | null> {
  const owners = new Set<string | null>();
  const instants = startsMs.flatMap((ms) => [ms - CLOCK_ERROR_MS, ms, ms + CLOCK_ERROR_MS]);
  for (const number of numbers) {
    const holdings: Fields[] = rowAt(rows, ["number", number])?.holdings ?? [];
    for (const atMs of instants) {
      const holding = holdings.find(({ fromMs, toMs }) =>
        fromMs <= atMs && (toMs === null || atMs < toMs)
      );
      owners.add(holding?.accountId ?? null);
    }
  }
  return owners;
}
