/**
 * The processes of the crash test: servers that announce themselves in a line, and the product as
 * anybody starts it, to be killed and started again.
 *
 * @module
 */
import type { CarriersSaid } from "./carriers_server.ts";
import { CARRIER_KEYS, CRASH_SECRETS } from "./secrets.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const READY_MS_MAX = 20_000;

/** A process that printed a line of JSON when it was ready. */
export interface Announced<T> extends AsyncDisposable {
  said: T;
}

/** Starts a script and waits for its line. What it complains of when its client is killed is no news. */
export async function startScript<T>(path: string): Promise<Announced<T>> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", path],
    cwd: ROOT,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot start ${path}: it ended after ${JSON.stringify(text)}`);
    text += value;
  }
  return {
    said: JSON.parse(text) as T,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** Where the product keeps its rows and finds its carriers. */
export interface ProductOptions {
  /** Where its source lies; this tree when absent. */
  root?: string | undefined;
  kvPath: string;
  carriers: CarriersSaid;
  /** For a database behind KV Connect. */
  kvToken?: string | undefined;
  port: number;
}

/** The product as a process. */
export interface Product {
  url: string;
  /** Milliseconds from the start to the first answer. */
  startedInMs: number;
  /** Sends a signal and waits for the end; after a SIGINT as long as Deno Deploy would, then SIGKILL. */
  kill(signal: "SIGKILL" | "SIGINT"): Promise<{ code: number; signal: string | null; ms: number }>;
}

/** Starts `main.ts` in live mode and waits until it answers. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const startedMs = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", "main.ts"],
    cwd: options.root ?? ROOT,
    clearEnv: true,
    env: environment(options),
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const complaining = passComplaints(child.stderr);
  const url = `http://127.0.0.1:${options.port}`;
  let isOver = false;
  child.status.then(() => isOver = true);
  while (!await answers(url)) {
    if (isOver || performance.now() - startedMs > READY_MS_MAX) {
      if (!isOver) child.kill("SIGKILL");
      await complaining;
      throw new Error("Cannot start the product: it does not answer");
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  async function kill(signal: "SIGKILL" | "SIGINT") {
    const fromMs = performance.now();
    if (!isOver) child.kill(signal);
    const late = setTimeout(() => isOver || child.kill("SIGKILL"), GRACE_MS);
    const status = await child.status;
    clearTimeout(late);
    await complaining;
    return { code: status.code, signal: status.signal, ms: performance.now() - fromMs };
  }
  return { url, startedInMs: performance.now() - startedMs, kill };
}

/** Deno Deploy follows a SIGINT by a SIGKILL after this long. */
const GRACE_MS = 5_000;

/** Passes on what it says, but for Deno's own report of each reply that an unsteady line has lost. */
async function passComplaints(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  let rest = "";
  const pass = (line: string) => {
    if (line === "" || line.startsWith("KV Connect failed")) return;
    Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  };
  for await (const text of stderr.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(pass);
  }
  pass(rest);
}

function environment({ kvPath, carriers, kvToken, port }: ProductOptions): Record<string, string> {
  const { PATH = "", HOME = "/tmp", DENO_DIR } = Deno.env.toObject();
  return {
    PATH,
    HOME,
    ...(DENO_DIR ? { DENO_DIR } : {}),
    ...(kvToken ? { DENO_KV_ACCESS_TOKEN: kvToken } : {}),
    ...CRASH_SECRETS,
    ...CARRIER_KEYS,
    KV_PATH: kvPath,
    PORT: String(port),
    BLAND_BASE_URL: carriers.url,
    TELNYX_BASE_URL: `${carriers.url}/v2`,
    TELNYX_PUBLIC_KEY: carriers.telnyxPublicKey,
    TWILIO_BASE_URL: carriers.url,
    SIPPY_URL: `${carriers.url}/xmlapi/xmlapi`,
    // The shortest there is; no doubt is settled before the floor of 105 s.
    SIPPY_SETTLE_SECONDS: "1",
    LOG_LEVEL: "error",
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(500) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * A port nobody listens on just now, below those that systems give to outgoing connections: whoever knocks
 * there before the product listens would now and then be connected to himself.
 */
export function freePort(): number {
  while (true) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: "0.0.0.0", port }).close();
      return port;
    } catch {
      // Taken: another one.
    }
  }
}
