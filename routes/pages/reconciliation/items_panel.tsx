/**
 * What a reconciled day left: items the two sides do not agree on, and the form that closes one.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type {
  Reconciliation,
  ReconciliationItem,
  Suggestion,
} from "../../../core/billing/reconciliation.ts";
import { formatMoney } from "../../../core/money.ts";
import { Badge } from "../badge.tsx";
import { callHref } from "../call/cells.tsx";
import { Panel } from "../components.tsx";
import { Field } from "../fields.tsx";
import { formatCount } from "../format.ts";
import { PostForm } from "../forms.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { stateWord } from "../strings.ts";
import { Table } from "../table.tsx";
import { MoneyText, TimeText } from "../values.tsx";
import { PATH } from "./run_form.tsx";

/** What may be said about an item that is closed. */
export const NOTE_CHARS_MAX = 300;

/** What the sides did not agree on, and a way to close what is open. */
export function ItemsPanel(
  { found, mayClose }: { found: Reconciliation; mayClose: boolean },
): JSX.Element {
  const { items, itemCount, currency } = found;
  const money = (micros: bigint | null) => (
    <MoneyText money={micros === null ? null : formatMoney(micros, currency)} />
  );
  return (
    <Panel id="items" title="What did not agree">
      {items.length === 0 ? <p>{emptyWords(found)}</p> : (
        <Table
          caption="Calls and messages on which the two sides did not agree"
          isCaptionUnseen
          columns={[
            { key: "call", label: "Call" },
            { key: "ours", label: "Ours", kind: "number" },
            { key: "theirs", label: "Theirs", kind: "number" },
            { key: "state", label: "State" },
            { key: "why", label: "What to do", kind: "text" },
          ]}
          rows={items.map((item) => ({
            call: callCell(item),
            ours: money(item.oursMicros),
            theirs: money(item.theirsMicros),
            state: <Badge state={item.state} tone={TONES[item.state]} />,
            why: <WhyCell item={item} found={found} mayClose={mayClose} />,
          }))}
        />
      )}
      {itemCount > items.length && (
        <p class="soft">
          and {formatCount(itemCount - items.length)} more; what is open is listed first
        </p>
      )}
    </Panel>
  );
}

function emptyWords({ state }: Reconciliation): string {
  if (state === "done") return "Every call agrees to the cent.";
  return state === "pending" ? "The day is still being read." : "The day could not be read.";
}

/** More would push what is to be done out of sight; the whole id stands in the title. */
const ID_CHARS_SHOWN = 24;

/** A call that only the carrier knows has no page here until it is taken in. */
function callCell({ callId, usage, kind, state }: ReconciliationItem): JSX.Element {
  const id = <code>{callId.slice(0, ID_CHARS_SHOWN)}{callId.length > ID_CHARS_SHOWN && "…"}</code>;
  const isHere = usage !== "message" && (kind !== "theirs_only" || state === "settled");
  return (
    <>
      {isHere
        ? <a href={callHref(callId)} title={callId}>{id}</a>
        : <span title={callId}>{id}</span>}
      <br />
      <small>{usage === "message" && "message, "}{stateWord(kind)}</small>
    </>
  );
}

/** What to do, who closed it and why, or the form that closes it. */
function WhyCell(
  { item, found, mayClose }: {
    item: ReconciliationItem;
    found: Reconciliation;
    mayClose: boolean;
  },
): JSX.Element {
  const { callId, closed } = item;
  if (closed) {
    return (
      <>
        {closed.note}
        <br />
        <small>
          {closed.actor},{" "}
          <TimeText atMs={closed.atMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />
        </small>
      </>
    );
  }
  const { carrier, day } = found;
  return (
    <>
      {(item.usage === "message" ? MESSAGE_WORDS : SUGGESTION_WORDS)[item.suggestion]}
      {mayClose && item.state === "open" && (
        <PostForm action={PATH} submitLabel="Close" hidden={{ carrier, day, callId }}>
          <Field
            name="note"
            id={`note-${callId}`}
            label="Why it stays so"
            isRequired
            maxlength={NOTE_CHARS_MAX}
          />
        </PostForm>
      )}
    </>
  );
}

const TONES = {
  settled: "positive",
  explained: "neutral",
  open: "warning",
  closed: "neutral",
} as const;

const SUGGESTION_WORDS: Record<Suggestion, string> = {
  taken_in: "Its webhooks were missed; it was taken in from the records and billed.",
  corrected: "The carrier's records are newer: the cost was taken over, the difference adjusted.",
  never_answered: "Nobody answered and it cost nothing, so there need not be a record.",
  still_running: "It has not ended as far as we heard. Compare again once it has.",
  no_record: "The record may be late: compare again tomorrow. If it never comes, ask the carrier.",
  no_price: "The carrier's records are not complete or have no price yet: compare again later.",
  not_decided: "The records do not say enough to bill by. Open the call and look at its record.",
};

const MESSAGE_WORDS: Record<Suggestion, string> = {
  ...SUGGESTION_WORDS,
  taken_in: "Its webhooks were missed; it was taken in from its record and rated.",
  corrected: "Its webhooks told no cost; it was taken over from its record.",
  never_answered: "It was not sent and cost nothing, so there need not be a record.",
  still_running: "It is not final as far as we heard. Compare again once it is.",
  not_decided: "A bill may have our cost already: look at the bill, and close this with a note.",
};
