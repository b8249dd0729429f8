/**
 * The KV Connect server as a process of its own, with an unsteady line: some writes are applied and their
 * replies lost or cut, and every request takes a moment.
 *
 * Prints one line, `{"url":...,"token":...}`.
 *
 * Goes to: `tests/support/kv_connect.ts`.
 *
 * @module
 */
import { startKvConnect } from "../support/kv_connect.ts";

/** Draws of chance, two a write, until the line gets unsteady: the accounts are open by then. */
const STEADY_DRAWS = 600;

if (import.meta.main) {
  const { url, token, faults } = await startKvConnect();
  let draws = 0;
  const random = () => ++draws < STEADY_DRAWS ? 1 : Math.random();
  faults.delayMs = 1;
  faults.loseReplies(0.01, random);
  faults.cutReplies(0.005, random);
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify({ url, token })}\n`));
}
