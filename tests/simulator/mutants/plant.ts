/**
 * Puts a bug into a tree, and takes it out again.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** The texts of the mutant's files with its edits in them. Throws when an edit does not fit exactly once. */
export function editedTexts(
  { name, edits }: Pick<Mutant, "name" | "edits">,
  read: (file: string) => string,
): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const text = texts.get(file) ?? read(file);
    const count = text.split(find).length - 1;
    if (count !== 1) {
      throw new Error(`Cannot plant ${name}: its text stands ${count} times in ${file}: ${find}`);
    }
    if (find === replace) throw new Error(`Cannot plant ${name}: it changes nothing in ${file}`);
    texts.set(file, text.replace(find, () => replace));
  }
  return texts;
}

/** Plants the bug in the tree; the answer takes it out. Throws, and plants nothing, when it does not fit. */
export function plant(mutant: Pick<Mutant, "name" | "edits">, root: string): () => void {
  const read = (file: string) => Deno.readTextFileSync(`${root}/${file}`);
  const after = editedTexts(mutant, read);
  const before = new Map([...after.keys()].map((file) => [file, read(file)]));
  write(root, after);
  return () => write(root, before);
}

function write(root: string, texts: ReadonlyMap<string, string>): void {
  for (const [file, text] of texts) Deno.writeTextFileSync(`${root}/${file}`, text);
}
