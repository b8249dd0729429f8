import assert from "node:assert/strict";
import { MINUTE_MS, SECOND_MS } from "../../../../core/clock.ts";
import {
  type FindDebitsOutcome,
  PAYMENT_PAGE_ROWS,
  PAYMENT_PAGES_MAX,
  type SippyPayment,
} from "../../../../core/carriers/sippy/find_debits.ts";
import { decodeCall } from "../../../../core/carriers/sippy/xml_rpc/decode.ts";
import {
  memberOf,
  structOf,
  textOf,
  wholeNumberOf,
  type XmlRpcValue,
} from "../../../../core/carriers/sippy/xml_rpc/value.ts";
import { encodeAnswer } from "../../../../core/carriers/sippy/xml_rpc/encode.ts";
import { debitOf, I_ACCOUNT, NOW_MS, serve, type ServedSippy, serveSippy } from "./served_sippy.ts";

const WINDOW = {
  iAccount: I_ACCOUNT,
  fromMs: NOW_MS - 5 * MINUTE_MS,
  untilMs: NOW_MS + 5 * MINUTE_MS,
};

function requireFound(outcome: FindDebitsOutcome): SippyPayment[] {
  if (outcome.status !== "found") throw new Error(`${outcome.status}: ${outcome.reason}`);
  return outcome.payments;
}

function requireReason(outcome: FindDebitsOutcome): string {
  assert(outcome.status === "unavailable");
  return outcome.reason;
}

function bookMany({ simulator }: ServedSippy, count: number): void {
  for (let index = 0; index < count; index++) {
    simulator.bookByHand({
      iAccount: I_ACCOUNT,
      kind: "debit",
      amountMicros: 10_000n,
      notes: `row ${index}`,
      paymentTimeMs: NOW_MS,
    });
  }
}

Deno.test("a debit is found with its reference, amount, currency and time", async () => {
  await using sippy = serveSippy();
  await sippy.client.debit(debitOf());
  assert.deepEqual(await sippy.client.findDebits(WINDOW), {
    status: "found",
    payments: [{
      iPayment: 90_001,
      paymentTimeMs: NOW_MS,
      amountText: "12.5",
      amountMicros: 12_500_000n,
      currency: "EUR",
      notes: "smsbill ref=inv-2031-000042",
      iAccount: I_ACCOUNT,
    }],
    tookMs: 0,
  });
});

Deno.test("top-ups, other accounts and other times are not found", async () => {
  await using sippy = serveSippy();
  sippy.simulator.placeAccount({ iAccount: 1, baseCurrency: "EUR" });
  const booking = { iAccount: I_ACCOUNT, amountMicros: 1n, notes: null, paymentTimeMs: NOW_MS };
  sippy.simulator.bookByHand({ ...booking, kind: "add_funds" });
  sippy.simulator.bookByHand({ ...booking, kind: "credit" });
  await sippy.client.debit(debitOf({ iAccount: 1 }));
  await sippy.client.debit(debitOf({ paymentTimeMs: WINDOW.fromMs - SECOND_MS }));
  await sippy.client.debit(debitOf({ paymentTimeMs: WINDOW.untilMs + SECOND_MS }));
  assert.equal(sippy.simulator.truth().length, 5);
  assert.deepEqual(requireFound(await sippy.client.findDebits(WINDOW)), []);
});

Deno.test("both ends of the window belong to it, rounded to whole seconds outwards", async () => {
  await using sippy = serveSippy();
  await sippy.client.debit(debitOf({ paymentTimeMs: NOW_MS + 999 }));
  const at = (fromMs: number, untilMs: number) =>
    sippy.client.findDebits({ iAccount: I_ACCOUNT, fromMs, untilMs }).then(requireFound);
  assert.equal((await at(NOW_MS + 999, NOW_MS + 999)).length, 1);
  assert.equal((await at(NOW_MS - 1, NOW_MS - 1)).length, 1);
  assert.equal((await at(NOW_MS + 1_000, NOW_MS + 1_000)).length, 0);
});

for (const clampRowsMax of [null, 1, 7, 30]) {
  Deno.test(`a list of 250 is read whole when pages hold ${clampRowsMax ?? "as many as asked for"}`, async () => {
    await using sippy = serveSippy();
    const count = clampRowsMax === 1 ? 20 : 250;
    bookMany(sippy, count);
    sippy.simulator.faults.clampRowsMax = clampRowsMax;
    const found = requireFound(await sippy.client.findDebits(WINDOW));
    assert.equal(new Set(found.map(({ iPayment }) => iPayment)).size, count);
    assert.equal(sippy.simulator.requestCount.unsigned, 1);
  });
}

Deno.test("a switch that ignores offset gives its one page, if that was not full", async () => {
  await using sippy = serveSippy();
  sippy.simulator.faults.ignoresOffset = true;
  bookMany(sippy, PAYMENT_PAGE_ROWS - 1);
  assert.equal(requireFound(await sippy.client.findDebits(WINDOW)).length, PAYMENT_PAGE_ROWS - 1);
  bookMany(sippy, 1);
  const full = requireReason(await sippy.client.findDebits(WINDOW));
  assert.equal(full, "the switch does not page");
});

Deno.test("a window of too many pages is unavailable, not cut", async () => {
  await using sippy = serveSippy();
  sippy.simulator.faults.clampRowsMax = 1;
  bookMany(sippy, PAYMENT_PAGES_MAX);
  const outcome = await sippy.client.findDebits(WINDOW);
  assert.equal(requireReason(outcome), "the window holds too many payments");
  assert.equal(sippy.simulator.requestCount.other, PAYMENT_PAGES_MAX);
});

Deno.test("a list that moves while it is read is unavailable", async () => {
  await using server = servePages((offset) => offset === 0 ? [row(3), row(2)] : [row(2), row(1)]);
  const outcome = await server.client.findDebits(WINDOW);
  assert.equal(requireReason(outcome), "the list moved while it was read");
});

Deno.test("a payment listed later is not found before", async () => {
  await using sippy = serveSippy();
  sippy.simulator.faults.listedAfterMs = 40 * SECOND_MS;
  await sippy.client.debit(debitOf());
  assert.deepEqual(requireFound(await sippy.client.findDebits(WINDOW)), []);
  sippy.setNow(NOW_MS + 40 * SECOND_MS);
  assert.equal(requireFound(await sippy.client.findDebits(WINDOW)).length, 1);
});

Deno.test("notes may be gone or cut; a minus sign is left in the text alone", async () => {
  await using sippy = serveSippy();
  await sippy.client.debit(debitOf());
  const { faults } = sippy.simulator;
  faults.notes = "dropped";
  assert.equal(requireFound(await sippy.client.findDebits(WINDOW))[0]?.notes, null);
  faults.notes = 7;
  assert.equal(requireFound(await sippy.client.findDebits(WINDOW))[0]?.notes, "smsbill");
  faults.listsNegativeDebits = true;
  const [payment] = requireFound(await sippy.client.findDebits(WINDOW));
  assert.equal(payment?.amountText, "-12.5");
  assert.equal(payment?.amountMicros, 12_500_000n);
});

Deno.test("members that are missing or of another kind are null, and rows alike stay two", async () => {
  const strange = structOf({
    i_payment: { kind: "string", text: "x" },
    amount: { kind: "string", text: "1e-05" },
    payment_time: { kind: "date_time", text: "20310303T08:15:30" },
    notes: { kind: "nil" },
    i_account: { kind: "string", text: " 4711 " },
  });
  await using server = servePages((offset) =>
    offset === 0 ? [structOf({}), strange, structOf({})] : []
  );
  const nothing = {
    iPayment: null,
    paymentTimeMs: null,
    amountText: null,
    amountMicros: null,
    currency: null,
    notes: null,
    iAccount: null,
  };
  assert.deepEqual(requireFound(await server.client.findDebits(WINDOW)), [
    nothing,
    {
      ...nothing,
      paymentTimeMs: NOW_MS,
      amountText: "1e-05",
      amountMicros: 10n,
      iAccount: I_ACCOUNT,
    },
    nothing,
  ]);
});

const NO_LISTS: [string, XmlRpcValue][] = [
  ["an answer without payments", structOf({ result: { kind: "string", text: "OK" } })],
  ["payments of nil", structOf({ payments: { kind: "nil" } })],
  ["payments of text", structOf({ payments: { kind: "string", text: "" } })],
  [
    "a result that is not OK",
    structOf({
      result: { kind: "string", text: "FAILED" },
      payments: { kind: "array", items: [] },
    }),
  ],
  [
    "a payment that is a number",
    structOf({
      payments: { kind: "array", items: [{ kind: "int", value: 1 }] },
    }),
  ],
];

for (const [name, value] of NO_LISTS) {
  Deno.test(`${name} is unavailable, never an empty list`, async () => {
    await using server = serveAnswers(() => value);
    assert.match(requireReason(await server.client.findDebits(WINDOW)), /no list|cannot be read/);
  });
}

for (
  const fault of ["fault", "html_502", "lost", "empty", "truncated", "wrong_password"] as const
) {
  Deno.test(`a page that fails with ${fault} makes the whole list unavailable`, async () => {
    await using sippy = serveSippy();
    bookMany(sippy, 3);
    sippy.simulator.faults.lookups.next = [null, fault];
    const outcome = await sippy.client.findDebits(WINDOW);
    // After a nonce's first request a 401 may mean that it was good for one: asked once more.
    if (fault === "wrong_password") assert.equal(requireFound(outcome).length, 3);
    else assert.notEqual(requireReason(outcome), "");
  });
}

Deno.test("a stale nonce between pages is replaced", async () => {
  await using sippy = serveSippy();
  bookMany(sippy, 3);
  sippy.simulator.faults.lookups.next = [null, "stale_nonce"];
  assert.equal(requireFound(await sippy.client.findDebits(WINDOW)).length, 3);
});

Deno.test("requests are counted anew for each nonce, in hexadecimal", async () => {
  const counts: string[] = [];
  await using server = serve((request) => {
    const signed = request.headers.get("authorization") ?? "";
    const [, nonce, count] = /nonce="(\d)".*nc=(\w+)/.exec(signed) ?? [];
    counts.push(`${nonce} ${count}`);
    if (nonce === undefined || counts.length === 4) {
      const challenge = `Digest realm="r", nonce="${counts.length}", qop="auth", stale=true`;
      return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
    }
    const items = counts.length < 18 ? [row(counts.length)] : [];
    const encoded = encodeAnswer(structOf({ payments: { kind: "array", items } }));
    return new Response(encoded.status === "encoded" ? encoded.xml : null);
  });
  assert.equal(requireFound(await server.client.findDebits(WINDOW)).length, 15);
  assert.deepEqual(counts.slice(0, 6), [
    "undefined undefined",
    ...["1 00000001", "1 00000002", "1 00000003"],
    ...["4 00000001", "4 00000002"],
  ]);
  assert.equal(counts.at(-1), "4 0000000e");
});

for (const changes of [{ iAccount: 1.5 }, { fromMs: NaN }, { untilMs: WINDOW.fromMs - 1 }]) {
  Deno.test(`a window of ${JSON.stringify(changes)} is unavailable, unasked`, async () => {
    await using sippy = serveSippy();
    const outcome = await sippy.client.findDebits({ ...WINDOW, ...changes });
    assert.notEqual(requireReason(outcome), "");
    assert.equal(sippy.simulator.requestCount.unsigned, 0);
  });
}

Deno.test("what is asked for is the documented struct", async () => {
  const asked: XmlRpcValue[] = [];
  await using server = serveAnswers((parameters) => {
    asked.push(parameters);
    return structOf({ payments: { kind: "array", items: [] } });
  });
  requireFound(await server.client.findDebits(WINDOW));
  const [only] = asked;
  assert(only);
  const text = (name: string) => textOf(memberOf(only, name));
  assert.deepEqual(
    ["i_account", "type", "start_date", "end_date", "offset", "limit"].map(text),
    [
      "4711",
      "debit",
      "08:10:30.000 GMT Mon Mar 03 2031",
      "08:20:30.000 GMT Mon Mar 03 2031",
      "0",
      String(PAYMENT_PAGE_ROWS),
    ],
  );
});

function row(iPayment: number): XmlRpcValue {
  return structOf({ i_payment: { kind: "int", value: iPayment } });
}

function servePages(pageAt: (offset: number) => XmlRpcValue[]) {
  return serveAnswers((parameters) => {
    const offset = wholeNumberOf(memberOf(parameters, "offset")) ?? 0;
    return structOf({ payments: { kind: "array", items: pageAt(offset) } });
  });
}

function serveAnswers(answer: (parameters: XmlRpcValue) => XmlRpcValue) {
  return serve(async (request) => {
    const call = decodeCall(await request.text());
    if (!request.headers.has("authorization") || call.status !== "call") {
      const headers = { "www-authenticate": 'Digest realm="r", nonce="n", qop="auth"' };
      return new Response(null, { status: 401, headers });
    }
    const encoded = encodeAnswer(answer(call.parameters[0] ?? structOf({})));
    return new Response(encoded.status === "encoded" ? encoded.xml : null);
  });
}
