import assert from "node:assert/strict";
import type { Message } from "../../../core/usage/messages.ts";
import { everyRow } from "../../../core/kv/page.ts";
import type { KeptUsage, UsageKeeper } from "../../../routes/client/kept_usage.ts";
import {
  createSmsBillingClient,
  type SentUsage,
  type SmsBillingClient,
  type SmsBillingOptions,
  SmsBillingRefusal,
} from "../../../routes/client/sms_billing_client.ts";
import { type AppWorld, openApp, SECRETS } from "../../support/app.ts";
import { checkBills, setTerms } from "../../support/sms.ts";
import { STRANGER } from "../../support/world.ts";

/** How the service behaves: well; broken before, or after it did its work; too slow; not there. */
type Mode = "well" | "broken" | "lost" | "slow" | "limited" | "nonsense";

interface Service extends AsyncDisposable {
  world: AppWorld;
  client: SmsBillingClient;
  mode: Mode;
  /** Idempotency keys of the reports that arrived. */
  keys: string[];
  connect(options?: Partial<SmsBillingOptions>): SmsBillingClient;
  stop(): Promise<void>;
  start(): void;
}

async function openService(): Promise<Service> {
  const world = await openApp();
  let server: Deno.HttpServer<Deno.NetAddr> | null = null;
  let port = 0;
  const held = Promise.withResolvers<void>();
  const serve = () => {
    server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, answer);
    port = server.addr.port;
  };
  async function answer(request: Request): Promise<Response> {
    const key = request.headers.get("idempotency-key");
    if (key !== null) service.keys.push(key);
    if (service.mode === "broken") return new Response("broken", { status: 500 });
    if (service.mode === "limited") return new Response("{}", { status: 429 });
    if (service.mode === "nonsense") return Response.json({ hello: "world" });
    const good = await world.app.fetch(request, { remoteAddress: "127.0.0.1" });
    if (service.mode === "well") return good;
    await good.body?.cancel();
    if (service.mode === "slow") await held.promise;
    return new Response("lost", { status: 502 });
  }
  const connect: Service["connect"] = (options = {}) =>
    createSmsBillingClient({
      url: `http://127.0.0.1:${port}/`,
      apiKey: SECRETS.ADMIN_API_KEY,
      deadlineMs: 300,
      ...options,
    });
  serve();
  const stop = async () => {
    held.resolve();
    await server?.shutdown();
    server = null;
  };
  const service: Service = {
    world,
    client: connect(),
    mode: "well",
    keys: [],
    connect,
    stop,
    start: serve,
    [Symbol.asyncDispose]: async () => {
      await stop();
      world.close();
    },
  };
  return service;
}

const SENT: SentUsage = {
  userId: "acme",
  messageCount: 1,
  totalCost: 0.0075,
  country: "US",
  prefix: "1",
};

/** Reports that the service has counted. */
async function counted({ world }: Service): Promise<Message[]> {
  const rows = await Array.fromAsync(everyRow<Message>(world.deps.store, { prefix: ["message"] }));
  await checkBills(world.deps.store);
  return rows.map(({ value }) => value);
}

Deno.test("a send is asked for, made and reported, as the seed's sendSMS does it", async () => {
  await using service = await openService();
  const check = await service.client.checkBillingBeforeSend({ ...SENT, to: STRANGER });
  const { usage, ...verdict } = check;
  assert.deepEqual(verdict, {
    allowed: true,
    shouldBlock: false,
    shouldBill: false,
    reason: null,
    degraded: false,
  });
  assert.equal(usage?.messages, 0);
  const report = await service.client.processBillingAfterSend(SENT);
  assert.deepEqual([report.state, report.degraded, report.usage?.messages], ["recorded", false, 1]);
  const [message] = await counted(service);
  assert.deepEqual([message?.country, message?.prefix], ["US", "+1"]);
  assert.deepEqual(await service.client.flush(), { reported: 0, kept: 0, refused: [] });
});

Deno.test("what the service forbids is blocked, with its reason", async () => {
  await using service = await openService();
  await setTerms(service.world.deps, { frequency: "threshold", thresholdMessages: 1 });
  const told = await service.client.checkBillingBeforeSend(SENT);
  assert.deepEqual([told.allowed, told.shouldBill], [true, true]);
  const blocked = await service.client.checkBillingBeforeSend({ ...SENT, totalCost: "50.01" });
  assert.deepEqual(
    [blocked.allowed, blocked.shouldBlock, blocked.reason, blocked.degraded],
    [false, true, "insufficient_funds", false],
  );
});

for (const mode of ["broken", "lost", "slow", "limited", "nonsense"] as const) {
  Deno.test(`while the service is ${mode}, sending is allowed and usage is reported later, once`, async () => {
    await using service = await openService();
    service.mode = mode;
    const check = await service.client.checkBillingBeforeSend(SENT);
    assert.deepEqual([check.allowed, check.shouldBlock, check.degraded], [true, false, true]);
    const report = await service.client.processBillingAfterSend(SENT);
    assert.deepEqual([report.state, report.degraded, report.usage], ["kept", true, null]);
    assert.deepEqual(await service.client.flush(), { reported: 0, kept: 1, refused: [] });
    service.mode = "well";
    assert.deepEqual(await service.client.flush(), { reported: 1, kept: 0, refused: [] });
    assert.equal((await counted(service)).length, 1);
    assert.equal(new Set(service.keys).size, 1, "always the same key");
  });
}

Deno.test("while the service is down usage waits, and the next report after its return takes it along", async () => {
  await using service = await openService();
  await service.stop();
  assert.equal((await service.client.checkBillingBeforeSend(SENT)).degraded, true);
  for (let i = 0; i < 3; i++) {
    assert.equal((await service.client.processBillingAfterSend(SENT)).state, "kept");
  }
  service.start();
  const report = await service.client.processBillingAfterSend(SENT);
  assert.deepEqual([report.state, report.usage?.messages], ["recorded", 4]);
  assert.equal((await counted(service)).length, 4);
  assert.deepEqual(await service.client.flush(), { reported: 0, kept: 0, refused: [] });
});

Deno.test("a backlog is worked off in parts, so that no send waits for all of it", async () => {
  await using service = await openService();
  service.mode = "broken";
  for (let i = 0; i < 30; i++) await service.client.processBillingAfterSend(SENT);
  service.mode = "well";
  const report = await service.client.processBillingAfterSend(SENT);
  assert.deepEqual([report.state, report.usage?.messages], ["recorded", 26]);
  assert.deepEqual(await service.client.flush(), { reported: 5, kept: 0, refused: [] });
  assert.equal((await counted(service)).length, 31);
});

Deno.test("usage in a keeper that lasts outlives the sending program, and is counted once", async () => {
  await using service = await openService();
  const file: KeptUsage[] = [];
  const keep = arrayKeeper(file);
  service.mode = "lost";
  await service.connect({ keep }).processBillingAfterSend(SENT);
  assert.equal(file.length, 1);
  service.mode = "well";
  const after = service.connect({ keep });
  assert.deepEqual(await after.flush(), { reported: 1, kept: 0, refused: [] });
  assert.deepEqual([file.length, (await counted(service)).length], [0, 1]);
});

function arrayKeeper(rows: KeptUsage[]): UsageKeeper {
  return {
    add: (kept) => Promise.resolve(void rows.push(kept)),
    list: () => Promise.resolve([...rows]),
    remove: (key) => {
      const place = rows.findIndex(({ idempotencyKey }) => idempotencyKey === key);
      if (place >= 0) rows.splice(place, 1);
    },
  };
}

Deno.test("sends at once and a flush between them are each counted once", async () => {
  await using service = await openService();
  service.mode = "broken";
  await Promise.all(Array.from({ length: 10 }, () => service.client.processBillingAfterSend(SENT)));
  service.mode = "well";
  await Promise.all([
    service.client.flush(),
    ...Array.from({ length: 10 }, () => service.client.processBillingAfterSend(SENT)),
    service.client.flush(),
  ]);
  await service.client.flush();
  assert.equal((await counted(service)).length, 20);
});

Deno.test("a question or a report that is wrong in itself is thrown, and not kept", async () => {
  await using service = await openService();
  const { client } = service;
  const wrong = { ...SENT, totalCost: -1 };
  const isRefusal = (error: unknown) =>
    error instanceof SmsBillingRefusal && error.httpStatus === 422 &&
    error.problem.errors?.[0]?.pointer === "/totalCost";
  await assert.rejects(client.checkBillingBeforeSend(wrong), isRefusal);
  await assert.rejects(client.processBillingAfterSend(wrong), isRefusal);
  await assert.rejects(
    client.processBillingAfterSend({ ...SENT, userId: "nobody" }),
    (error) => error instanceof SmsBillingRefusal && error.problem.code === "account_not_found",
  );
  assert.deepEqual(await client.flush(), { reported: 0, kept: 0, refused: [] });
});

Deno.test("usage that is refused long after it was sent is handed back, never lost in silence", async () => {
  await using service = await openService();
  const { client } = service;
  service.mode = "broken";
  await client.processBillingAfterSend({ ...SENT, totalCost: -1 });
  service.mode = "well";
  const report = await client.processBillingAfterSend(SENT);
  assert.equal(report.state, "recorded");
  assert.deepEqual(report.refused.map(({ usage }) => usage.totalCost), [-1]);
  assert.equal(report.refused[0]?.refusal.httpStatus, 422);
});

Deno.test("with a wrong key nothing is lost: usage waits for a good one", async () => {
  await using service = await openService();
  const rows: KeptUsage[] = [];
  const keep = arrayKeeper(rows);
  const client = service.connect({ apiKey: "tk_wrong", keep });
  await assert.rejects(
    client.processBillingAfterSend(SENT),
    (error) => error instanceof SmsBillingRefusal && error.isAboutKey,
  );
  await assert.rejects(client.checkBillingBeforeSend(SENT), SmsBillingRefusal);
  assert.deepEqual(await service.connect({ keep }).flush(), { reported: 1, kept: 0, refused: [] });
  assert.equal((await counted(service)).length, 1);
});

Deno.test("a label that is none does not cost the usage", async () => {
  await using service = await openService();
  const odd = { ...SENT, country: "Estonia", prefix: "unknown" };
  assert.equal((await service.client.processBillingAfterSend(odd)).state, "recorded");
  const [message] = await counted(service);
  assert.deepEqual([message?.country, message?.prefix], [null, null]);
});

Deno.test("the client uses the fetch, the clock and the keys it is handed", async () => {
  const asked: { url: string; key: string | null; authorization: string | null }[] = [];
  const client = createSmsBillingClient({
    url: "https://billing.example.com",
    apiKey: "tk_x",
    newKey: () => "key 1",
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      asked.push({
        url: String(input),
        key: headers.get("idempotency-key"),
        authorization: headers.get("authorization"),
      });
      return Promise.resolve(
        Response.json({ data: [{ state: "recorded" }], usage: { messages: 1 } }, { status: 201 }),
      );
    },
    clock: { now: () => 0, after: () => () => {}, sleep: () => Promise.resolve() },
  });
  assert.equal((await client.processBillingAfterSend(SENT)).state, "recorded");
  assert.deepEqual(asked, [{
    url: "https://billing.example.com/api/v1/sms/usage",
    key: "key 1",
    authorization: "Bearer tk_x",
  }]);
});
