/**
 * A call as somebody places it in the simulated Bland: only what matters to them.
 *
 * @module
 */
import { SECOND_MS } from "../../../clock.ts";
import type { SimulatedCall } from "./call_list.ts";

/** A call to place; what is absent has a plain default. */
export interface PlacedCall {
  /** A fresh id when absent. */
  callId?: string;
  /** The first key when absent. */
  apiKey?: string;
  /** Now when absent. */
  createdAtMs?: number;
  /** From being asked for to connecting; 0 when absent. */
  waitSeconds?: number;
  /** 0 when absent. */
  talkSeconds?: number;
  /** `completed` when absent. */
  outcome?: SimulatedCall["outcome"];
  /** Outbound when absent. */
  isInbound?: boolean;
  /** Who calls. */
  from: string;
  /** Who is called. */
  to: string;
  /** Null when absent; `{ account_id }` claims an account. */
  metadata?: SimulatedCall["metadata"];
  /** US dollars as a JSON number's text; Bland's own rate when absent. */
  priceText?: string;
  /** Hidden until this instant; visible from its creation when absent. */
  visibleAtMs?: number;
  /** The second leg of a warm transfer. */
  isProxyAgentCall?: boolean;
  /** Members of its row to write differently, raw. */
  members?: Record<string, unknown>;
}

/** What may change about a call once it is there. */
export type BlandRevision = Partial<
  Pick<SimulatedCall, "talkSeconds" | "outcome" | "priceText" | "metadata" | "members">
>;

/** Fills in what was left out. */
export function completeCall(
  deps: { id: () => string; nowMs: number; apiKey: string },
  placed: PlacedCall,
): SimulatedCall {
  const { callId = deps.id(), createdAtMs = deps.nowMs, waitSeconds = 0 } = placed;
  return {
    callId,
    apiKey: placed.apiKey ?? deps.apiKey,
    createdAtMs,
    startedAtMs: createdAtMs + waitSeconds * SECOND_MS,
    talkSeconds: placed.talkSeconds ?? 0,
    outcome: placed.outcome ?? "completed",
    isInbound: placed.isInbound ?? false,
    from: placed.from,
    to: placed.to,
    metadata: placed.metadata ?? null,
    priceText: placed.priceText ?? null,
    visibleAtMs: placed.visibleAtMs ?? createdAtMs,
    revisedAtMs: null,
    isProxyAgentCall: placed.isProxyAgentCall ?? false,
    members: placed.members ?? {},
  };
}
