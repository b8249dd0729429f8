/**
 * Seeds shared out among processes, so that every core has its share.
 *
 * @module
 */
import type { Options } from "./options.ts";
import type { RunResult } from "./run_seed.ts";

/** Runs all seeds; `hear` is told of each as it ends. */
export async function runInWorkers(
  options: Options,
  hear: (result: RunResult) => void,
): Promise<void> {
  const count = Math.min(options.workers, options.seeds.length);
  const children: Deno.ChildProcess[] = [];
  let isStopped = false;
  function stop(): void {
    if (isStopped) return;
    isStopped = true;
    for (const child of children) {
      try {
        child.kill();
      } catch {
        // It had ended by itself.
        continue;
      }
    }
  }
  for (let i = 0; i < count; i++) children.push(spawn(options, { at: i, of: count }));
  await Promise.all(children.map(async (child) => {
    let ended = 0;
    for await (const line of linesOf(child.stdout)) {
      const result = JSON.parse(line) as RunResult;
      ended++;
      if (isStopped) continue;
      hear(result);
      if (result.violation && options.untilViolation) stop();
    }
    const { success } = await child.status;
    if (!success && !isStopped) throw new Error(`A worker died after ${ended} seeds`);
  }));
}

function spawn(options: Options, { at, of }: { at: number; of: number }): Deno.ChildProcess {
  const { seeds, profile, without, untilViolation, isStrict } = options;
  const mine = seeds.filter((_, i) => i % of === at);
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      ...["--no-prompt", new URL("./simulate.ts", import.meta.url).pathname, "--worker"],
      ...["--from", String(mine[0]), "--seeds", String(mine.length), "--step", String(of)],
      ...(profile === null ? [] : ["--profile", profile]),
      ...(without.length === 0 ? [] : ["--without", without.join(",")]),
      ...(isStrict ? ["--strict"] : []),
      ...(untilViolation ? ["--until-violation"] : []),
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
