import assert from "node:assert/strict";
import { form, json, openApp } from "../support/app.ts";

const HOURS = 3_600_000;

const STEPS: [advance: string, expected: string][] = [
  ["P1D", `advance ${24 * HOURS}`],
  ["PT90M", `advance ${1.5 * HOURS}`],
  // From the end of January: to the end of February.
  ["P1M", `advance ${28 * 24 * HOURS}`],
];

for (const [advance, expected] of STEPS) {
  Deno.test(`the sandbox's clock moves by ${advance} and wakes the jobs`, async () => {
    using world = await openApp({ isSandbox: true });
    const answer = await world.app.request("/sandbox/clock", json({ advance }, { headers: {} }));
    assert.equal(answer.status, 200);
    assert.deepEqual(world.done, [expected, "nudge"]);
    assert.equal((await answer.json()).now, new Date(world.clock.now()).toISOString());
  });
}

Deno.test("the sandbox's clock refuses what is no step forward", async () => {
  using world = await openApp({ isSandbox: true });
  for (const advance of ["-P1D", "P2Y", "tomorrow", "", "PT0.0000001S1H", 5, null]) {
    const answer = await world.app.request("/sandbox/clock", json({ advance }));
    assert.equal(answer.status, 422, String(advance));
  }
  assert.equal((await world.app.request("/sandbox/clock", { method: "POST" })).status, 422);
  assert.deepEqual(world.done, []);
});

Deno.test("the page's control goes back to its page, and to no other site", async () => {
  using world = await openApp({ isSandbox: true });
  const rows: [returnTo: string, location: string][] = [
    ["/admin/calls?status=busy", "/admin/calls?status=busy"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["https://evil.example", "/"],
    ["", "/"],
  ];
  for (const [returnTo, location] of rows) {
    const answer = await world.app.request(
      "/sandbox/clock",
      form({ advance: "PT1H", return_to: returnTo }),
    );
    assert.deepEqual([answer.status, answer.headers.get("location")], [303, location]);
  }
});
