/**
 * Bland's keys as sources of calls: the installation's, and those that accounts bring.
 *
 * Comes from: `cron/sync_calls.ts`. Goes to: `core/carriers/bland/client.ts`.
 *
 * @module
 */
import type { AccountSecret } from "../core/accounts/account.ts";
import {
  BLAND_PAGE_ROWS_MAX,
  type BlandClient,
  createBlandClient,
  isLastPage,
} from "../core/carriers/bland/client.ts";
import { type Clock, parseInstant } from "../core/clock.ts";
import type { BlandConfig } from "../core/config.ts";
import type { Egress } from "../core/egress.ts";
import { accountSecretKey, accountWithBlandKeyPrefix } from "../core/kv/keys.ts";
import { everyRow } from "../core/kv/page.ts";
import type { Store } from "../core/kv/store.ts";
import type { CallReport } from "../core/usage/call_usage.ts";
import type { CallSource, SourceCall, SourcePage } from "./call_source.ts";

/** The source of the installation's own key. */
export const MAIN_SOURCE = "bland:main";

/** Every Bland key there is. One that several accounts bring cannot tell whose a call is. */
export async function listBlandSources(
  deps: { store: Store; egress: Egress; clock: Clock },
  bland: BlandConfig,
): Promise<CallSource[]> {
  const keys = [{
    sourceId: MAIN_SOURCE,
    apiKey: bland.apiKey.reveal(),
    accountIds: [] as string[],
  }];
  const ids: string[] = [];
  for await (const { key } of everyRow<object>(deps.store, { prefix: accountWithBlandKeyPrefix })) {
    ids.push(key[1]!);
  }
  const secrets = await deps.store.getMany<AccountSecret>(ids.map(accountSecretKey));
  ids.forEach((accountId, i) => {
    const apiKey = secrets[i]?.value.blandApiKey;
    if (!apiKey) return;
    const shared = keys.find((one) => one.apiKey === apiKey);
    if (shared) shared.accountIds.push(accountId);
    else keys.push({ sourceId: `bland:account:${accountId}`, apiKey, accountIds: [accountId] });
  });
  return keys.map(({ sourceId, apiKey, accountIds }) => {
    const client = createBlandClient({ ...deps, baseUrl: bland.baseUrl, apiKey });
    const isOneAccounts = sourceId !== MAIN_SOURCE && accountIds.length === 1;
    return {
      sourceId,
      carrier: "bland",
      keyAccountId: isOneAccounts ? accountIds[0]! : null,
      accountIds,
      lookbackDays: bland.lookbackDays,
      pages: (startAtMs) => readPages(client, startAtMs),
      readCall: (carrierCallId) => readCall(client, carrierCallId),
    };
  });
}

async function* readPages(client: BlandClient, startAtMs: number): AsyncGenerator<SourcePage> {
  let fromIndex = 0;
  while (true) {
    const page = await client.listCalls({ startAtMs, from: fromIndex });
    if (page.status !== "listed") {
      yield { status: "failed", reason: `${page.status}: ${page.reason}` };
      return;
    }
    const { count, totalCount } = page;
    const isLast = isLastPage({ fromIndex, count, limit: BLAND_PAGE_ROWS_MAX, totalCount });
    const calls = page.calls.filter((row): row is CallReport & typeof row =>
      row.status !== "unreadable_row"
    );
    fromIndex += count;
    yield {
      status: "listed",
      calls,
      messages: [],
      unreadable: page.calls.filter((row) => row.status === "unreadable_row"),
      done: fromIndex,
      total: totalCount,
      resumeAtMs: createdAtMs(calls.at(-1)),
      isLast,
    };
    if (isLast) return;
  }
}

function createdAtMs(report: CallReport | undefined): number | null {
  const text = report?.record.created_at;
  return text ? parseInstant(text) : null;
}

async function readCall(client: BlandClient, carrierCallId: string): Promise<SourceCall> {
  const answer = await client.getCall(carrierCallId);
  if (answer.status === "found" || answer.status === "call_not_found") return answer;
  return { status: "failed", reason: answer.status };
}
