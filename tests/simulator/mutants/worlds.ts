/**
 * Which parts of a world the simulator has by now, told by what its own files speak of.
 *
 * @module
 */
import type { Need } from "./mutant.ts";
import { ROOT } from "./tree_copy.ts";

const SIGNS: Readonly<Record<Need, RegExp>> = {
  sms: /thresholdMessages|sms-billing/,
  sippy: /createSippySimulator|sippy_world/,
};

/** The parts there are. */
export async function listWorlds(): Promise<Set<Need>> {
  const texts: string[] = [];
  for (const folder of ["", "carriers", "checks", "quiet"]) {
    for await (const entry of Deno.readDir(`${ROOT}/tests/simulator/${folder}`)) {
      if (!entry.isFile) continue;
      texts.push(await Deno.readTextFile(`${ROOT}/tests/simulator/${folder}/${entry.name}`));
    }
  }
  const needs = Object.keys(SIGNS) as Need[];
  return new Set(needs.filter((need) => texts.some((text) => SIGNS[need].test(text))));
}
