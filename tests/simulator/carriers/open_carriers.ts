/**
 * Every carrier of a run. A further one is one more line.
 *
 * @module
 */
import type { HookPost } from "../hooks.ts";
import { openBland } from "./bland_world.ts";
import type { CarrierDeps, CarrierWorld } from "./carrier_world.ts";
import { openTelnyx } from "./telnyx_world.ts";
import { openTwilio } from "./twilio_world.ts";

/** Opens all of them. */
export function openCarriers(deps: CarrierDeps & { post: HookPost }): CarrierWorld[] {
  return [openBland(deps), openTelnyx(deps), openTwilio(deps)];
}
