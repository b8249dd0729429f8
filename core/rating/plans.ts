/**
 * Stored rate plans: reading, writing, and the plan an account uses for a service.
 *
 * @module
 */
import { recordAudit } from "../audit/audit.ts";
import type { Batch } from "../kv/batch.ts";
import type { Gates } from "../kv/gates.ts";
import { ratePlanKey, ratePlanPrefix } from "../kv/keys.ts";
import type { Row, Store } from "../kv/store.ts";
import { type PlanVersion, type RatePlan, type Service, SHIPPED_PLANS } from "./rate_plan.ts";

/** The plan an account uses: the one assigned to it, else the default, whose id is the service's name. */
export function planIdOf(
  account: { ratePlans: Partial<Record<Service, string>> },
  service: Service,
): string {
  return account.ratePlans[service] ?? service;
}

/** A plan as stored, with its stamp for `ETag`; null if absent. */
export function getRatePlan(store: Store, planId: string): Promise<Row<RatePlan> | null> {
  return store.get<RatePlan>(ratePlanKey(planId));
}

/** All plans, by id. An installation has a handful; a thousand are shown. */
export function listRatePlans(store: Store): Promise<Row<RatePlan>[]> {
  return store.list<RatePlan>({ prefix: ratePlanPrefix });
}

/** A plan to store; `expectedStamp` null means it must be new. */
export interface PlanChange {
  /** Everything but its versions. */
  plan: Omit<RatePlan, "versions">;
  /** All of them, in order of their instants; they are numbered here from 1. */
  versions: Omit<PlanVersion, "version">[];
  /** The stamp of the plan the caller had in view. */
  expectedStamp: string | null;
  /** Kept in the audit record. */
  actor: string;
  /** Now: tells which versions are in force. */
  atMs: number;
  /** For the audit record, fresh for each change. */
  auditId: string;
}

/** Stored, or why not. */
export type PlanOutcome =
  | { status: "stored"; plan: RatePlan; isNew: boolean }
  | { status: "changed_meanwhile" }
  | { status: "version_in_force_changed"; version: number }
  | { status: "plan_fixed"; reason: string };

/**
 * Stores a plan. What usage may have been priced with stays as it is: versions already in force are
 * neither changed nor removed, service and currency are fixed; only later versions may change.
 */
export function putRatePlan(
  deps: { gates: Gates; store: Store },
  change: PlanChange,
): Promise<PlanOutcome> {
  const key = ratePlanKey(change.plan.id);
  return deps.gates.change<PlanOutcome>({
    gate: key,
    stage: async (batch) => {
      const earlier = await batch.get<RatePlan>(key);
      const versions = change.versions.map((one, i) => ({ ...one, version: i + 1 }));
      const plan: RatePlan = { ...change.plan, versions };
      if (earlier && isSamePlan(earlier, plan)) return { status: "stored", plan, isNew: false };
      const stored = await deps.store.get<RatePlan>(key);
      // A change that shares this commit has no stamp yet; the caller has not seen it either.
      const isAsStored = earlier ? stored && isSamePlan(earlier, stored.value) : !stored;
      if (!isAsStored || (stored?.versionstamp ?? null) !== change.expectedStamp) {
        return { status: "changed_meanwhile" };
      }
      const refusal = earlier && refuseRewrite(earlier, { plan, atMs: change.atMs });
      if (refusal) return refusal;
      batch.set(key, plan);
      recordAudit(batch, {
        id: change.auditId,
        atMs: change.atMs,
        actor: change.actor,
        action: earlier ? "rate_plan_changed" : "rate_plan_created",
        subject: plan.id,
        detail: `versions ${earlier?.versions.length ?? 0} -> ${versions.length}`,
      });
      return { status: "stored", plan, isNew: earlier === null };
    },
  });
}

/** Stores the plans a new installation starts with, where they are missing. */
export async function ensureShippedPlans(deps: { gates: Gates }): Promise<void> {
  for (const plan of SHIPPED_PLANS) {
    const key = ratePlanKey(plan.id);
    await deps.gates.change({
      gate: key,
      stage: async (batch: Batch) => {
        if (!await batch.get<RatePlan>(key)) batch.set(key, plan);
      },
    });
  }
}

function refuseRewrite(
  earlier: RatePlan,
  { plan, atMs }: { plan: RatePlan; atMs: number },
): Exclude<PlanOutcome, { status: "stored" }> | null {
  if (earlier.service !== plan.service || earlier.currency !== plan.currency) {
    return {
      status: "plan_fixed",
      reason: "service and currency are fixed when a plan is created",
    };
  }
  const changed = earlier.versions.find((one, i) =>
    (one.effectiveFromMs === null || one.effectiveFromMs <= atMs) &&
    !isSameVersion(one, plan.versions[i])
  );
  return changed ? { status: "version_in_force_changed", version: changed.version } : null;
}

function isSameVersion(a: PlanVersion, b: PlanVersion | undefined): boolean {
  return comparable(a) === comparable(b);
}

function isSamePlan(a: RatePlan, b: RatePlan): boolean {
  return comparable({ ...a, v: undefined }) === comparable({ ...b, v: undefined });
}

/** Text that is equal for equal values, whatever the order of their members. */
function comparable(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === "bigint") return `${inner}`;
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
