/**
 * The simulator over a copy of the tree, and what its answer means.
 *
 * @module
 */

/** What came of a run. `broken`: it says nothing, for the reason that is given. */
export type Verdict =
  | { status: "kept" }
  | { status: "violated"; seed: number; invariant: string; message: string }
  | { status: "broken"; reason: string };

/** Which seeds of which tree, one after the other until one is violated. */
export interface Trial {
  /** Of the copy. */
  root: string;
  /** How many. */
  seeds: number;
  /** The first one. */
  from: number;
  /** It is given up after so long. */
  withinMs: number;
}

/** A message of the simulator that names what was broken. */
const INVARIANT = /^(?:\w*Error: )?([A-Z]\d+): /;
/** A bug that does not even run proves nothing. */
const NONSENSE = /\b(?:ReferenceError|SyntaxError)\b|is not defined|is not a function/;

/** Runs it. Never throws for what the simulator does. */
export async function runSimulator({ root, seeds, from, withinMs }: Trial): Promise<Verdict> {
  const args = ["run", "-A", "--no-check", "tests/simulator/simulate.ts", "--until-violation"];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, "--workers", "1", "--seeds", String(seeds), "--from", String(from)],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, withinMs);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(late);
  if (isLate) return { status: "broken", reason: `no end within ${withinMs / 1000} s` };
  return judge({ code, seeds, stdout: textOf(stdout), stderr: textOf(stderr) });
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** What the simulator's exit and its last line mean. */
export function judge(
  { code, seeds, stdout, stderr }: {
    code: number;
    seeds: number;
    stdout: string;
    stderr: string;
  },
): Verdict {
  const summary = readSummary(stdout);
  if (!summary) {
    return { status: "broken", reason: `it ended with ${code}: ${stderr.trim().slice(-400)}` };
  }
  const { firstViolation: first } = summary;
  if (code === 0 && !first) {
    if (summary.seeds === seeds) return { status: "kept" };
    return { status: "broken", reason: `it lived through ${summary.seeds} of ${seeds} seeds` };
  }
  if (code !== 1 || !first) return { status: "broken", reason: `it ended with ${code}` };
  const [, invariant] = INVARIANT.exec(first.message) ?? [];
  const told = stdout.slice(0, 4_000);
  if (!invariant || NONSENSE.test(first.message) || NONSENSE.test(told)) {
    return { status: "broken", reason: `seed ${first.seed}: ${first.message}` };
  }
  return { status: "violated", seed: first.seed, invariant, message: first.message };
}

interface Summary {
  seeds: number;
  firstViolation: { seed: number; message: string } | null;
}

/** The last line, when it is the simulator's. */
function readSummary(stdout: string): Summary | null {
  try {
    const last: unknown = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    return last !== null && typeof last === "object" && "firstViolation" in last
      ? last as Summary
      : null;
  } catch {
    return null;
  }
}
