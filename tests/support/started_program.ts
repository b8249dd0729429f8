/**
 * `main.ts` as anybody starts it: a process with an environment of its own, which serves or refuses.
 *
 * @module
 */
const ROOT = new URL("../../", import.meta.url).pathname;

/** What became of a start. */
export interface StartedProgram extends AsyncDisposable {
  /** Where it serves; null when it has refused to. */
  url: string | null;
  /** How it ended; null while it serves. */
  code: number | null;
  /** Everything it has said so far, on both streams. */
  said: () => string;
}

/** Starts it in live mode, and waits until it serves or has ended. Nothing of our own environment is handed on. */
export async function startProgram(env: Record<string, string>): Promise<StartedProgram> {
  const { PATH = "", HOME = "/tmp", DENO_DIR } = Deno.env.toObject();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", "-A", "main.ts"],
    cwd: ROOT,
    clearEnv: true,
    env: { PATH, HOME, ...(DENO_DIR ? { DENO_DIR } : {}), LOG_FORMAT: "json", PORT: "0", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "";
  const serving = Promise.withResolvers<string | null>();
  const listen = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      said += text;
      const port = /"msg":"Tollkeeper [^"]+ serves"[^\n]*"port":(\d+)/.exec(said)?.[1];
      if (port) serving.resolve(`http://127.0.0.1:${port}`);
    }
  };
  const heard = Promise.all([listen(child.stdout), listen(child.stderr)]);
  const ended = child.status.then(async ({ code }) => {
    await heard;
    serving.resolve(null);
    return code;
  });
  const url = await serving.promise;
  return {
    url,
    code: url === null ? await ended : null,
    said: () => said,
    [Symbol.asyncDispose]: async () => {
      if (url !== null) child.kill("SIGTERM");
      await ended;
    },
  };
}
