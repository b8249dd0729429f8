/**
 * What any call's charge was computed from, whichever way it was priced.
 *
 * @module
 */
import { amountOfTrace, type CallTrace } from "./rate_call.ts";
import { amountOfCostPlus, type CostPlusTrace } from "./rate_cost_plus.ts";

/** A frozen trace; `kind` tells which. */
export type Trace = CallTrace | CostPlusTrace;

/** The amount a trace stands for, computed again from the trace alone. */
export function amountOf(trace: Trace): bigint {
  return trace.kind === "cost_plus" ? amountOfCostPlus(trace) : amountOfTrace(trace);
}
