/**
 * Copies of the tree that bugs may be planted in, made as it is on the disk, committed or not.
 *
 * @module
 */
import { dirname } from "node:path";

/** Where this tree begins. */
export const ROOT: string = new URL("../../../", import.meta.url).pathname.replace(/\/$/, "");

/** A copy in a folder of its own; `remove` takes it away. */
export interface TreeCopy {
  /** Its root. */
  root: string;
  /** Takes it away. */
  remove(): Promise<void>;
}

/** Copies every file that is committed, or could be. */
export async function copyTree(from: string = ROOT): Promise<TreeCopy> {
  const root = await Deno.makeTempDir({ prefix: "mutants_" });
  const folders = new Set<string>();
  for (const file of await listFiles(from)) {
    const to = `${root}/${file}`;
    const folder = dirname(to);
    if (!folders.has(folder)) await Deno.mkdir(folder, { recursive: true });
    folders.add(folder);
    await copyIfThere(`${from}/${file}`, to);
  }
  return { root, remove: () => Deno.remove(root, { recursive: true }) };
}

async function listFiles(root: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: root,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`Cannot list the files of ${root}: ${text(stderr)}`);
  return text(stdout).split("\0").filter((file) => file !== "");
}

/** One that is deleted and not committed is listed all the same. */
async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await Deno.copyFile(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
