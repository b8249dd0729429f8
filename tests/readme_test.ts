import assert from "node:assert/strict";
import { configTable } from "../core/config_variables.ts";

const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));

/** A table without the padding that the formatter gives it. */
function unpadded(table: string): string[] {
  return table.trim().split("\n").map((line) =>
    line.replaceAll(/\s*\|\s*/g, "|").replaceAll(/-{3,}/g, "---")
  );
}

Deno.test("README shows the configuration table as the schema prints it", () => {
  const [, after = ""] = readme.split("<!-- config:start -->");
  const [shown = ""] = after.split("<!-- config:end -->");
  assert.deepEqual(unpadded(shown), unpadded(configTable()));
});

Deno.test("README names the two commands that the gate and the tasks really have", async () => {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../deno.json", import.meta.url)),
  ) as {
    tasks: Record<string, unknown>;
  };
  const gate = await Deno.readTextFile(new URL("../.ci/run", import.meta.url));
  assert.match(readme, /npx -y deno@2\.9\.6 task test/);
  assert.match(readme, /npx -y deno@2\.9\.6 task dev/);
  assert.match(gate, /npx -y deno@2\.9\.6 task test/);
  for (const [, name] of readme.matchAll(/deno task ([a-z:-]+)/g)) {
    assert.ok(name! in tasks, `README names the task ${name}, which is not there`);
  }
});

Deno.test("README names only files that are there", async () => {
  for (
    const [, path] of readme.matchAll(/`((?:core|routes|cron|tests|static)\/[a-z_/.]+\.tsx?)`/g)
  ) {
    await Deno.stat(new URL(`../${path}`, import.meta.url));
  }
});
