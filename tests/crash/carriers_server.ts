/**
 * Bland, Telnyx, Twilio and Sippy as a process of their own, which lives on while the product is killed.
 *
 * Prints one line, {@link CarriersSaid}. Beside the carriers' paths it has some of the test:
 * `POST /control/traffic` places calls and messages, `POST /control/revisions` changes calls of Bland that
 * have ended, `POST /control/product` says where webhooks go; `GET /control/listings` tells
 * how often Bland's list was asked for, `GET /control/now` and `GET /control/truth` the rest.
 *
 * Goes to: `tests/crash/place_traffic.ts`, `tests/crash/outbox.ts`.
 *
 * @module
 */
import { type BlandSimulator, createBlandSimulator } from "../../core/carriers/bland/simulator.ts";
import { createSippySimulator, type SippySimulator } from "../../core/carriers/sippy/simulator.ts";
import { createTelnyxSimulator } from "../../core/carriers/telnyx/simulator.ts";
import { createTwilioSimulator } from "../../core/carriers/twilio/simulator.ts";
import { systemClock } from "../../core/clock.ts";
import { hasEnded } from "../support/sync_load.ts";
import { seeded } from "../support/world.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { type CrashCarriers, placeTraffic, type Traffic } from "./place_traffic.ts";
import { CARRIER_KEYS, sippyAccountOf } from "./secrets.ts";
import type { CarriersNow, TrueCall, TrueMessage, Truth } from "./truth.ts";

/** Calls to tell differently from now on: so many of those created in the last so many milliseconds. */
export interface ReviseRequest {
  calls: number;
  withinMs: number;
  seed: number;
}

/** What the process prints when it is ready. */
export interface CarriersSaid {
  url: string;
  /** Of Telnyx's signatures. */
  telnyxPublicKey: string;
}

function serve(): void {
  const carriers = createCarriers();
  const outbox = createOutbox(Math.random);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const path = new URL(request.url).pathname;
      if (!path.startsWith("/control/")) return carrierAt(path, carriers).app.fetch(request);
      return control({ carriers, outbox }, { path, request });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const said: CarriersSaid = { url, telnyxPublicKey: carriers.telnyx.publicKey };
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(said)}\n`));
}

/** They are told apart by the paths they really have. */
function carrierAt(
  path: string,
  { bland, telnyx, twilio, sippy }: CrashCarriers,
): Pick<CrashCarriers[keyof CrashCarriers], "app"> {
  if (path.startsWith("/2010-04-01/")) return twilio;
  if (path.startsWith("/xmlapi/")) return sippy;
  return path.startsWith("/v2/") ? telnyx : bland;
}

function createCarriers(): CrashCarriers {
  let count = 0;
  const clock = systemClock();
  const numbered = (digits: number) => String(count++).padStart(digits, "0");
  const deps = { clock, random: Math.random };
  const bland = createBlandSimulator({
    ...deps,
    id: () => `call-${numbered(7)}`,
    apiKey: CARRIER_KEYS.BLAND_API_KEY,
    webhookSecret: "whsec-crash",
  });
  const telnyx = createTelnyxSimulator({
    ...deps,
    id: () => `${numbered(8)}-0000-4000-8000-000000000000`,
    apiKey: CARRIER_KEYS.TELNYX_API_KEY,
    signingSecret: "the crash test signs with this",
    deliver: () => Promise.resolve(200),
    openingBalance: "100000.00",
  });
  const twilio = createTwilioSimulator({
    ...deps,
    id: () => numbered(32),
    accountSid: CARRIER_KEYS.TWILIO_ACCOUNT_SID,
    authToken: CARRIER_KEYS.TWILIO_AUTH_TOKEN,
    publicUrl: CARRIER_KEYS.PUBLIC_URL,
  });
  const sippy = createSippySimulator({
    ...deps,
    id: () => `nonce-${numbered(8)}`,
    username: CARRIER_KEYS.SIPPY_USERNAME,
    password: CARRIER_KEYS.SIPPY_PASSWORD,
  });
  for (let i = 0; i < ACCOUNTS_MAX; i++) sippy.placeAccount({ iAccount: sippyAccountOf(i) });
  makeTrouble(sippy);
  return { bland, telnyx, twilio, sippy };
}

const ACCOUNTS_MAX = 1_000;

/** Answers that take long, so that kills fall into them, and some that never come. */
function makeTrouble({ faults }: SippySimulator): void {
  faults.slowMs = 400;
  faults.lateMs = 20_000;
  faults.money.rates = {
    slow: 0.5,
    dropped: 0.03,
    html_502_executed: 0.03,
    truncated: 0.02,
    lost: 0.03,
    late: 0.02,
    fault: 0.02,
  };
  faults.lookups.rates = { html_502: 0.05 };
}

async function control(
  { carriers, outbox }: { carriers: CrashCarriers; outbox: Outbox },
  { path, request }: { path: string; request: Request },
): Promise<Response> {
  switch (path) {
    case "/control/traffic":
      placeTraffic({ carriers, outbox }, await request.json() as Traffic);
      return Response.json({});
    case "/control/revisions":
      reviseCalls(carriers.bland, await request.json() as ReviseRequest);
      return Response.json({});
    case "/control/product":
      outbox.point((await request.json() as { url: string | null }).url);
      return Response.json({});
    case "/control/listings":
      return Response.json(carriers.bland.requestCount.list);
    case "/control/now":
      return Response.json(describeNow(carriers, outbox));
    case "/control/truth":
      return Response.json(describeTruth(carriers, outbox));
    default:
      return new Response("Not found", { status: 404 });
  }
}

function reviseCalls(bland: BlandSimulator, { calls, withinMs, seed }: ReviseRequest): void {
  const nowMs = Date.now();
  const random = seeded(seed);
  const recent = bland.calls().filter((call) =>
    call.outcome === "completed" && call.createdAtMs >= nowMs - withinMs &&
    call.createdAtMs <= nowMs - SETTLED_MS
  );
  for (let i = 0; i < calls && recent.length > 0; i++) {
    const { callId } = recent[Math.floor(random() * recent.length)]!;
    bland.reviseCall(callId, { talkSeconds: Math.floor(random() * REVISED_SECONDS_MAX) });
  }
}

/** Calls created longer ago have ended, also with {@link REVISED_SECONDS_MAX}. */
const SETTLED_MS = 235_000;
const REVISED_SECONDS_MAX = 200;

function describeNow({ bland, sippy }: CrashCarriers, outbox: Outbox): CarriersNow {
  const nowMs = Date.now();
  return {
    openCalls: bland.calls().filter((call) => !hasEnded(call, nowMs)).length,
    waiting: outbox.waiting(),
    debits: sippy.truth().length,
  };
}

function describeTruth({ bland, telnyx, twilio, sippy }: CrashCarriers, outbox: Outbox): Truth {
  return {
    calls: [...blandCalls(bland), ...telnyxCalls(telnyx), ...twilioCalls(twilio)],
    messages: [...telnyxMessages(telnyx), ...twilioMessages(twilio)],
    deliveries: outbox.all().map(({ render: _, ...told }) => told),
    debits: sippy.truth().map(({ notes, iAccount, amountMicros }) => ({
      reference: notes ?? "",
      iAccount,
      amountMicros: String(amountMicros),
    })),
    debitRequests: sippy.requestCount.debit,
  };
}

function blandCalls(bland: CrashCarriers["bland"]): TrueCall[] {
  return bland.calls().map(({ callId, isInbound, from, to, talkSeconds }) => ({
    id: `bland:${callId}`,
    carrier: "bland",
    ourNumber: isInbound ? to : from,
    talkSeconds,
    costMicros: null,
  }));
}

function telnyxCalls(telnyx: CrashCarriers["telnyx"]): TrueCall[] {
  const costs = new Map(telnyx.truth().calls.map((call) => [call.sessionId, call.costMicros]));
  return telnyx.calls().map(({ sessionId, legs: [leg] }) => ({
    id: `telnyx:${sessionId}`,
    carrier: "telnyx",
    ourNumber: leg.isInbound ? leg.to : leg.from,
    talkSeconds: leg.talkSeconds,
    costMicros: String(costs.get(sessionId)),
  }));
}

function twilioCalls(twilio: CrashCarriers["twilio"]): TrueCall[] {
  return twilio.calls().map(({ sid, direction, from, to, talkSeconds }) => ({
    id: `twilio:${sid}`,
    carrier: "twilio",
    ourNumber: direction === "inbound" ? to : from,
    talkSeconds,
    costMicros: null,
  }));
}

function telnyxMessages(telnyx: CrashCarriers["telnyx"]): TrueMessage[] {
  const costs = new Map(telnyx.truth().messages.map((one) => [one.messageId, one.costMicros]));
  return telnyx.messages().map(({ messageId, isInbound, from, to }) => ({
    id: `telnyx:${messageId}`,
    ourNumber: isInbound ? to : from,
    costMicros: String(costs.get(messageId)),
  }));
}

/** Twilio's own rate for a segment, which the simulator writes into every row. */
const TWILIO_SEGMENT_MICROS = 7_500;

function twilioMessages(twilio: CrashCarriers["twilio"]): TrueMessage[] {
  return twilio.messages().map(({ sid, outcome, from, to, segments }) => ({
    id: `twilio:${sid}`,
    ourNumber: outcome === "received" ? to : from,
    costMicros: String(segments * TWILIO_SEGMENT_MICROS),
  }));
}

if (import.meta.main) serve();
