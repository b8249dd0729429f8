/**
 * What carriers hear when a delivery is kept.
 *
 * @module
 */
import { z } from "zod";

/**
 * `{"received":true}`.
 *
 * @internal
 */
export const receivedSchema = z.object({ received: z.literal(true) }).meta({ id: "Received" });
