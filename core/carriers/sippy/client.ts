/**
 * Asks a Sippy switch to take money from an account, which debits it knows, and what an account has.
 *
 * Knows one login and remembers nothing; who stores intents, waits and decides is the caller.
 *
 * Goes to: `core/carriers/sippy/conversation.ts`, `core/carriers/sippy/debit.ts`,
 * `core/carriers/sippy/find_debits.ts`, `core/carriers/sippy/account_balance.ts`.
 *
 * @module
 */
import type { Clock } from "../../clock.ts";
import type { SippyConfig } from "../../config.ts";
import type { Egress } from "../../egress.ts";
import type { Ids } from "../../ids.ts";
import { type AccountBalanceOutcome, askAccountBalance } from "./account_balance.ts";
import { openConversation } from "./conversation.ts";
import { type DebitOutcome, type DebitRequest, sendDebit } from "./debit.ts";
import { findDebits, type FindDebitsOutcome, type FindDebitsRequest } from "./find_debits.ts";

/** What {@link createSippyClient} needs. */
export interface SippyClientDeps {
  /** The way out; must allow the origin of the switch's address. */
  egress: Egress;
  /** Measures how long the switch takes. */
  clock: Pick<Clock, "now">;
  /** Draws the client's half of a digest login. */
  ids: Pick<Ids, "secret">;
}

/** A switch as one login sees it. Nothing the switch does makes it throw. */
export interface SippyClient {
  /** `accountDebit`, sent once at most. Never call it again for one intent unless `not_sent`. */
  debit(request: DebitRequest): Promise<DebitOutcome>;
  /** `getPaymentsList` of debits, every page. */
  findDebits(request: FindDebitsRequest): Promise<FindDebitsOutcome>;
  /** `getAccountInfo`: what an account has left to spend. */
  accountInfo(request: { iAccount: number }): Promise<AccountBalanceOutcome>;
}

/**
 * A switch behind its address and login.
 *
 * Each method signs in by itself, so that a nonce never outlives one piece of work.
 */
export function createSippyClient(
  { egress, clock, ids }: SippyClientDeps,
  { url, username, password }: Pick<SippyConfig, "url" | "username" | "password">,
): SippyClient {
  const converse = () => openConversation({ egress, clock, ids, url, username, password });
  return {
    debit: (request) => sendDebit(converse, request),
    findDebits: (request) => findDebits(converse(), request),
    accountInfo: (request) => askAccountBalance(converse(), request),
  };
}
