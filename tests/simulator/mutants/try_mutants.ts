/**
 * Plants one bug after the other and looks whether the simulator finds it.
 *
 * A catch counts only if the same seed breaks nothing without the bug; one that does is passed over.
 *
 * @module
 */
import type { Mutant, Need } from "./mutant.ts";
import { plant } from "./plant.ts";
import { runSimulator } from "./run_simulator.ts";
import { copyTree, type TreeCopy } from "./tree_copy.ts";

/** What became of one bug. */
export type Fate =
  | { status: "caught"; seed: number; invariant: string; message: string }
  | { status: "survived"; seeds: number }
  | { status: "skipped"; needs: Need }
  | { status: "error"; reason: string };

/** One bug and its fate. */
export interface Tried {
  /** Which. */
  mutant: Mutant;
  /** What became of it. */
  fate: Fate;
  /** Of the machine's time. */
  seconds: number;
}

/** Bugs to try, and how. */
export interface Trials {
  /** In this order. */
  mutants: readonly Mutant[];
  /** A bug that lives through so many has survived. */
  seeds: number;
  /** Bugs tried side by side. */
  jobs: number;
  /** Parts of the world that the simulator has. */
  worlds: ReadonlySet<Need>;
  /** Hears of each as it ends. */
  hear: (tried: Tried) => void;
}

/** The slowest seed of a busy machine. */
const SEED_MS_MAX = 8_000;
const START_MS_MAX = 120_000;

/** Tries all of them; answers in their order, and the seeds that are broken without any bug. */
export async function tryMutants(
  trials: Trials,
): Promise<{ tried: Tried[]; brokenSeeds: number[] }> {
  const { mutants, jobs } = trials;
  const copies: TreeCopy[] = [];
  const tried = new Map<string, Tried>();
  const left = mutants.values();
  const brokenSeeds: number[] = [];
  const control = createControl(brokenSeeds);
  async function tryNext(copy: TreeCopy): Promise<void> {
    // The jobs draw from one iterator, so that none waits for the slowest.
    for (const mutant of left) {
      const startMs = performance.now();
      const fate = await tryOne(trials, { mutant, root: copy.root, control });
      const seconds = Math.round((performance.now() - startMs) / 1_000);
      tried.set(mutant.name, { mutant, fate, seconds });
      trials.hear({ mutant, fate, seconds });
    }
  }
  try {
    for (let i = 0; i < jobs; i++) copies.push(await copyTree());
    await Promise.all(copies.map(tryNext));
  } finally {
    for (const copy of copies) await copy.remove();
  }
  return { tried: mutants.map(({ name }) => tried.get(name)!), brokenSeeds };
}

/** Whether a seed breaks nothing in a tree without any bug. */
type Control = (seed: number, root: string) => Promise<boolean>;

/** Each seed is run once. */
function createControl(brokenSeeds: number[]): Control {
  const known = new Map<number, Promise<boolean>>();
  async function run(seed: number, root: string): Promise<boolean> {
    const verdict = await runSimulator({ root, seeds: 1, from: seed, withinMs: START_MS_MAX });
    const isKept = verdict.status === "kept";
    if (!isKept) brokenSeeds.push(seed);
    return isKept;
  }
  return (seed, root) => {
    const isKept = known.get(seed) ?? run(seed, root);
    known.set(seed, isKept);
    return isKept;
  };
}

async function tryOne(
  { seeds, worlds }: Trials,
  { mutant, root, control }: { mutant: Mutant; root: string; control: Control },
): Promise<Fate> {
  if (mutant.needs && !worlds.has(mutant.needs)) {
    return { status: "skipped", needs: mutant.needs };
  }
  let uproot = () => {};
  try {
    uproot = plant(mutant, root);
    let from = 1;
    while (from <= seeds) {
      const withinMs = START_MS_MAX + seeds * SEED_MS_MAX;
      const left = seeds - from + 1;
      const verdict = await runSimulator({ root, seeds: left, from, withinMs });
      if (verdict.status === "kept") break;
      if (verdict.status === "broken") return { status: "error", reason: verdict.reason };
      uproot();
      if (await control(verdict.seed, root)) return { ...verdict, status: "caught" };
      from = verdict.seed + 1;
      uproot = plant(mutant, root);
    }
    return { status: "survived", seeds };
  } catch (error) {
    return { status: "error", reason: error instanceof Error ? error.message : String(error) };
  } finally {
    uproot();
  }
}
