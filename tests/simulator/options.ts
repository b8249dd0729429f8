/**
 * What the command line asks for.
 *
 * @module
 */

/** A wish. */
export interface Options {
  seeds: number[];
  profile: string | null;
  without: string[];
  isTraced: boolean;
  untilViolation: boolean;
  isStrict: boolean;
  isWorker: boolean;
  workers: number;
}

/** Reads arguments. Throws on one that is not known. */
export function readOptions(args: readonly string[]): Options {
  const values: Record<string, string> = {};
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!;
    if (VALUED.has(name)) values[name] = args[++i] ?? "";
    else if (FLAGS.has(name)) flags.add(name);
    else throw new Error(`Cannot simulate: ${name} is not an option`);
  }
  const from = whole(values["--seed"] ?? values["--from"], 1);
  const count = values["--seed"] === undefined ? whole(values["--seeds"], 100) : 1;
  const step = whole(values["--step"], 1);
  return {
    seeds: Array.from({ length: count }, (_, i) => from + i * step),
    profile: values["--profile"] ?? null,
    without: values["--without"]?.split(",") ?? [],
    isTraced: flags.has("--trace"),
    untilViolation: flags.has("--until-violation"),
    isStrict: flags.has("--strict"),
    isWorker: flags.has("--worker"),
    workers: whole(values["--workers"], 2),
  };
}

const VALUED = new Set([
  "--seeds",
  "--from",
  "--seed",
  "--step",
  "--profile",
  "--without",
  "--workers",
]);
const FLAGS = new Set(["--trace", "--until-violation", "--strict", "--worker"]);

function whole(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`Cannot simulate: ${text} is not a whole number`);
  return Number(text);
}
