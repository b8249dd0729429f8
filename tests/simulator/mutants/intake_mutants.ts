/**
 * Bugs in how usage reaches us: webhooks, listings, owners, jobs.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

const RECEIVE = "core/jobs/receive_event.ts";
const RECORD_CALLS = "core/billing/record_calls.ts";
const SYNC = "cron/sync_calls.ts";
const TELNYX_HOOKS = "routes/webhooks/telnyx.ts";

/** Bugs of the inbox, the listings, the owners and the jobs. */
export const INTAKE_MUTANTS: readonly Mutant[] = [
  {
    name: "cursor-early",
    breaks: "The cursor, and that the wider stretches are read, is kept before what it stands for",
    guards: "D6",
    edits: [
      {
        file: SYNC,
        find: `      const pull = await pullCalls(deps, {`,
        replace: `      const nowMs = deps.clock.now();
      const isWide = nowMs - cursor.lastHourlyMs >= 3_600_000;
      const early = {
        ...cursor,
        completeToMs: nowMs,
        ...(isWide ? { lastHourlyMs: nowMs, lastDailyMs: nowMs } : {}),
      };
      await saveCursor(deps.store, early);
      const pull = await pullCalls(deps, {`,
      },
      {
        file: SYNC,
        find: `      const after = moveCursor(cursor, {`,
        replace: `      const after = moveCursor(early, {`,
      },
    ],
  },
  {
    name: "no-overlap-window",
    breaks: "Nothing behind the cursor is read again",
    guards: "D5, D7",
    edits: [{
      file: "cron/pull_calls.ts",
      find: `  const overlapMs = isDaily ? lookbackMs : isHourly ? HOURLY_OVERLAP_MS : OVERLAP_MS;`,
      replace: `  const overlapMs = 0 * (lookbackMs + HOURLY_OVERLAP_MS + OVERLAP_MS);`,
    }],
  },
  {
    name: "ack-early",
    breaks: "A webhook is answered before it is kept",
    guards: "A1, P2",
    edits: [{
      file: RECEIVE,
      find: `    return await one.kept.promise;`,
      replace: `    one.kept.promise.catch(() => {});
    return { status: "received", event: one.event };`,
    }],
  },
  {
    name: "store-200",
    breaks: "A webhook that could not be kept is answered 200",
    guards: "A11, C16, P2",
    edits: [{
      file: RECEIVE,
      find: `    await keepAlone(deps, one).then(one.kept.resolve, one.kept.reject);`,
      replace: `    await keepAlone(deps, one)
      .catch((): Kept => ({ status: "received", event: one.event }))
      .then(one.kept.resolve);`,
    }],
  },
  {
    name: "hook-500",
    breaks: "The webhook handler always throws",
    guards: "C16",
    edits: [{
      file: TELNYX_HOOKS,
      find: `  const delivery = readDelivery(body);`,
      replace: `  if (body.byteLength > 0) throw new Error("planted");
  const delivery = readDelivery(body);`,
    }],
  },
  {
    name: "unsigned",
    breaks: "A webhook with a wrong signature is taken",
    guards: "C6, P4",
    edits: [{
      file: "core/carriers/telnyx/webhook.ts",
      find: `    return verify(null, signed, key, signature)`,
      replace: `    return verify(null, signed, key, signature) || signed.length > 0`,
    }],
  },
  {
    name: "unsigned-bland",
    breaks: "A webhook of Bland's with a wrong signature is taken",
    guards: "C6, P4",
    edits: [{
      file: "core/carriers/bland/webhook.ts",
      find: `  return timingSafeEqual(expected, Uint8Array.fromHex(signature));`,
      replace: `  return timingSafeEqual(expected, expected);`,
    }],
  },
  {
    name: "event-dedupe",
    breaks: "A delivery is kept whether or not it was kept before",
    guards: "C1, C7",
    edits: [{
      file: RECEIVE,
      find: `    checks: group.map(({ puts }) => ({ key: puts[0]!.key, versionstamp: null })),`,
      replace: `    checks: [],`,
    }],
  },
  {
    name: "event-early",
    breaks: "An event is marked processed before its effect",
    guards: "A2, P2",
    edits: [{
      file: "cron/take_in_telnyx.ts",
      find:
        `  const read = events.map((event) => ({ event, parsed: parseTelnyxEvent(event.payload) }));`,
      replace: `  for (const event of events) await end(deps, { event, processed: DONE });
  const read = events.map((event) => ({ event, parsed: parseTelnyxEvent(event.payload) }));`,
    }],
  },
  {
    name: "default-owner",
    breaks: "Usage that nobody holds is billed to a default customer",
    guards: "C15, P4",
    edits: [{
      file: "core/billing/owner_book.ts",
      find: `  return holders.size === 1 ? holder! : null;`,
      replace: `  return holders.size === 1 ? holder! : "acme";`,
    }],
  },
  {
    name: "number-untouched",
    breaks: "Number changes do not touch the intake, and what was read of numbers is kept",
    guards: "A16, C15",
    edits: [
      {
        file: "core/accounts/numbers.ts",
        find: `  for (const carrier of CARRIERS) batch.set(intakeKey(carrier), { touchedBy });`,
        replace: `  void [CARRIERS, intakeKey, batch, touchedBy];`,
      },
      {
        // Kept for as long as the process lives: with the touch it would be right all the same.
        file: RECORD_CALLS,
        find: `  const book: OwnerBook = { touchedBy: undefined, rows: new Map() };`,
        replace: `  const books = BOOKS.get(deps.gates) ?? {};
  BOOKS.set(deps.gates, books);
  const book = books[intake.carrier] ??= { touchedBy: undefined, rows: new Map() };`,
      },
      {
        file: RECORD_CALLS,
        find: `const CALLS_PER_COMMIT = 80;`,
        replace: `const CALLS_PER_COMMIT = 80;
const BOOKS = new WeakMap<Gates, Record<string, OwnerBook>>();`,
      },
    ],
  },
  {
    name: "claim-forgotten",
    breaks: "A number finds its owner, and what waited for one is not given to it",
    guards: "C15, P1",
    edits: [{
      file: "core/billing/claim_calls.ts",
      find: `        claimJobId: await stageClaimJob(batch, { id: jobId, claim: number, atMs }),`,
      replace: `        ...(jobId === "" ? { claimJobId: jobId } : {}),`,
    }],
  },
  {
    name: "owner-moves",
    breaks: "A call that was charged is given to another account by a later report",
    guards: "D8, P4",
    edits: [{
      file: RECORD_CALLS,
      find: `  return isCallOpen(before) && !before.hadFault && before.sourceId === sourceId;`,
      replace: `  return before.sourceId === sourceId;`,
    }],
  },
  {
    name: "final-reopened",
    breaks: "An old picture reopens a call that has ended",
    guards: "C2, D10",
    edits: [{
      file: "core/usage/calls.ts",
      find:
        `  if (earlier.isFinal && !report.isFinal) return withParties(earlier, { report, atMs });`,
      replace: `  void withParties;`,
    }],
  },
  {
    name: "no-fence",
    breaks: "Whoever lost a job to somebody else still speaks for it",
    guards: "B6, F4",
    edits: [{
      file: "core/jobs/run_jobs.ts",
      find: `  if (now?.token !== job.token || now?.state !== "running") return false;`,
      replace: `  if (!now) return false;`,
    }],
  },
  {
    name: "job-unfinished",
    breaks: "A job whose holder died is never taken up again",
    guards: "A1, B8",
    edits: [{
      file: "core/jobs/take_jobs.ts",
      find: `isUnfinished(job) && job.dueAtMs <= nowMs;`,
      replace: `isUnfinished(job) && job.state !== "running" && job.dueAtMs <= nowMs;`,
    }],
  },
];
