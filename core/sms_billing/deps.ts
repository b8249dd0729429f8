/**
 * The doors of SMS billing.
 *
 * @module
 */
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { Gates } from "../kv/gates.ts";
import type { Store } from "../kv/store.ts";
import type { Log } from "../log.ts";

/** Database, time, chance and log. */
export type SmsDeps = { store: Store; gates: Gates; clock: Clock; ids: Ids; log: Log };
