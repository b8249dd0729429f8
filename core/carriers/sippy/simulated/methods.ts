/**
 * The simulated switch's methods: what they take, what they change, what they answer.
 *
 * Where the documentation is silent the harder case is taken: an amount must be a double in the
 * account's currency, members are left out, newest come first.
 *
 * @module
 */
import type { Clock } from "../../../clock.ts";
import { formatMicros, parseDecimal } from "../../../money.ts";
import { parseSippyTime } from "../sippy_time.ts";
import { memberOf, structOf, textOf, wholeNumberOf, type XmlRpcValue } from "../xml_rpc/value.ts";
import type { Books, SippyAccount, SippyBooking } from "./books.ts";
import type { SippyFaults } from "./faults.ts";
import { listPayments } from "./payment_list.ts";

/** What the methods work on. */
export interface MethodDeps {
  /** The present. */
  clock: Pick<Clock, "now">;
  /** The truth. */
  books: Books;
  /** The knobs. */
  faults: SippyFaults;
}

/** A refusal, which becomes an XML-RPC fault. */
export interface Refusal {
  /** Invented: none is documented. */
  faultCode: number;
  /** Invented, too. */
  faultString: string;
}

/** A method's answer. */
export type MethodOutcome =
  | { status: "done"; value: XmlRpcValue }
  | ({ status: "refused" } & Refusal);

/** Whether a method moves money. */
export function movesMoney(method: string): boolean {
  return method in KINDS;
}

/** Runs a method. An unknown one is refused. */
export function runMethod(
  deps: MethodDeps,
  { method, parameters }: { method: string; parameters: XmlRpcValue },
): MethodOutcome {
  const kind = KINDS[method];
  if (kind) return moveMoney(deps, { kind, parameters });
  if (method === "getPaymentsList") return listPayments(deps, parameters);
  if (method === "getAccountInfo") return tellAccount(deps, parameters);
  if (method === "listAccounts") return listAccounts(deps, parameters);
  return refuse(404, "no such method");
}

const KINDS: Record<string, SippyBooking["kind"]> = {
  accountDebit: "debit",
  accountCredit: "credit",
  accountAddFunds: "add_funds",
};

function moveMoney(
  { books, faults }: MethodDeps,
  { kind, parameters }: { kind: SippyBooking["kind"]; parameters: XmlRpcValue },
): MethodOutcome {
  const iAccount = wholeNumberOf(memberOf(parameters, "i_account"));
  const account = iAccount === null ? null : books.account(iAccount);
  const amount = memberOf(parameters, "amount");
  const paymentTime = textOf(memberOf(parameters, "payment_time"));
  const paymentTimeMs = paymentTime === null ? null : parseSippyTime(paymentTime);
  if (!account) return refuse(400, "no such account");
  if (amount?.kind !== "double") return refuse(400, "amount must be a double");
  const amountMicros = parseDecimal(amount.text);
  if (amountMicros === null || amountMicros <= 0n) return refuse(400, "amount must be positive");
  if (textOf(memberOf(parameters, "currency")) !== account.baseCurrency) {
    return refuse(400, "currency differs from the account's");
  }
  if (paymentTime !== null && paymentTimeMs === null) return refuse(400, "bad payment_time");
  const availableMicros = account.balanceMicros + account.creditLimitMicros;
  if (kind === "debit" && faults.refusesShortFunds && availableMicros < amountMicros) {
    return refuse(402, "insufficient funds");
  }
  const notes = textOf(memberOf(parameters, "payment_notes"));
  books.book({ iAccount: account.iAccount, kind, amountMicros, notes, paymentTimeMs });
  return done(structOf({ result: { kind: "string", text: "OK" } }));
}

/** `getAccountInfo`, the only place where a negative balance means money available. */
function tellAccount({ books }: MethodDeps, parameters: XmlRpcValue): MethodOutcome {
  const iAccount = wholeNumberOf(memberOf(parameters, "i_account"));
  const username = textOf(memberOf(parameters, "username"));
  const account = books.accounts().find((each) =>
    iAccount === null ? each.username === username : each.iAccount === iAccount
  );
  if (!account) return refuse(400, "no such account");
  return done(renderAccount(account, -account.balanceMicros));
}

function listAccounts({ books }: MethodDeps, parameters: XmlRpcValue): MethodOutcome {
  const offset = wholeNumberOf(memberOf(parameters, "offset")) ?? 0;
  const limit = wholeNumberOf(memberOf(parameters, "limit")) ?? 100;
  const items = books.accounts().slice(offset, offset + limit)
    .map((account) => renderAccount(account, account.balanceMicros));
  const result = { kind: "string", text: "OK" } as const;
  return done(structOf({ result, accounts: { kind: "array", items } }));
}

function renderAccount(account: SippyAccount, balanceMicros: bigint): XmlRpcValue {
  return structOf({
    i_account: { kind: "int", value: account.iAccount },
    username: { kind: "string", text: account.username },
    balance: { kind: "double", text: formatMicros(balanceMicros) },
    credit_limit: { kind: "double", text: formatMicros(account.creditLimitMicros) },
    base_currency: { kind: "string", text: account.baseCurrency },
    blocked: { kind: "int", value: account.isBlocked ? 1 : 0 },
    expired: { kind: "int", value: 0 },
    description: { kind: "nil" },
  });
}

function done(value: XmlRpcValue): MethodOutcome {
  return { status: "done", value };
}

function refuse(faultCode: number, faultString: string): MethodOutcome {
  return { status: "refused", faultCode, faultString };
}
