/**
 * The map of the house: every file of the repository with its code and its imports.
 *
 * @module
 */
import { posix } from "node:path";
import { blankSource, findImports, type Import } from "./source_scan.ts";

/** One file. */
export interface Source {
  /** From the top of the repository, with slashes. */
  path: string;
  /** As it is. */
  text: string;
  /** Without comments and contents of strings; empty for what is not TypeScript. */
  code: string;
  /** Its imports; `path` is null for packages. */
  imports: (Import & { path: string | null })[];
}

/** A file from its path and text. */
export function toSource(path: string, text: string): Source {
  if (!/\.tsx?$/.test(path)) return { path, text, code: "", imports: [] };
  const code = blankSource(text);
  const imports = findImports(text, code).map((one) => ({
    ...one,
    path: one.specifier.startsWith(".") ? posix.join(posix.dirname(path), one.specifier) : null,
  }));
  return { path, text, code, imports };
}

/** What git does not keep either, and pictures. */
const LEFT_OUT = /^(\.git|\.data|node_modules|coverage)$|\.(png|ico|woff2|sqlite3\S*)$/;

/** Every file of the repository, in order of path. */
export async function readSources(top: URL): Promise<Source[]> {
  const sources: Source[] = [];
  for (const path of await listFiles(top, "")) {
    sources.push(toSource(path, await Deno.readTextFile(new URL(path, top))));
  }
  return sources;
}

async function listFiles(top: URL, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder || ".", top))) {
    if (LEFT_OUT.test(entry.name)) continue;
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) paths.push(...await listFiles(top, `${path}/`));
    else paths.push(path);
  }
  return paths.sort();
}
