/**
 * Whether the books balance: what the newest verification of the ledger found.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Verification } from "../../../core/billing/verify_ledger.ts";
import { Badge, type Tone } from "../badge.tsx";
import { DefinitionList, Panel } from "../components.tsx";
import { formatAge, formatCount } from "../format.ts";
import { PostButton } from "../forms.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { TimeText } from "../values.tsx";

/** What {@link BooksPanel} shows. */
export interface BooksPanelProps {
  /** The newest; null when there was none yet. */
  verification: Verification | null;
  /** When the page was read. */
  nowMs: number;
  /** Whether the button is shown. */
  mayChange: boolean;
}

/** The state of the books, and the button that looks again. */
export function BooksPanel({ verification, nowMs, mayChange }: BooksPanelProps): JSX.Element {
  const { word, tone, text } = describeVerification(verification);
  const button = mayChange && (
    <PostButton action="/admin/verifications">Verify the ledger</PostButton>
  );
  return (
    <Panel id="books" title="Books" actions={button}>
      <p class="row">
        <Badge state={word} label={word} tone={tone} />
        {text}
      </p>
      {verification && <Facts verification={verification} nowMs={nowMs} />}
      {verification && <Differences verification={verification} />}
    </Panel>
  );
}

/** What a verification says, in a word and in a sentence. */
export function describeVerification(
  verification: Verification | null,
): { word: string; tone: Tone; text: string } {
  if (!verification) {
    const text = "Recomputes every wallet from its entries and their seals.";
    return { word: "not verified yet", tone: "neutral", text };
  }
  const { state, differenceCount } = verification;
  if (differenceCount > 0) {
    const wallets = differenceCount === 1 ? "1 wallet is" : `${differenceCount} wallets are`;
    const text = `${wallets} not what the entries say.`;
    return { word: "books differ", tone: "negative", text };
  }
  if (state === "running") {
    return { word: "verifying", tone: "active", text: "No difference so far." };
  }
  const text = "Every wallet is what its entries say.";
  return { word: "books balance", tone: "positive", text };
}

function Facts(
  { verification, nowMs }: { verification: Verification; nowMs: number },
): JSX.Element {
  const { wallets, entries, startedAtMs, finishedAtMs, accountId } = verification;
  return (
    <DefinitionList
      items={[
        {
          term: "Looked at",
          value: accountId === null
            ? `${formatCount(wallets)} wallets, ${formatCount(entries)} entries`
            : `the wallet of ${accountId}, ${formatCount(entries)} entries`,
        },
        {
          term: finishedAtMs === null ? "Started" : "Finished",
          value: (
            <>
              <TimeText atMs={finishedAtMs ?? startedAtMs} timeZone={ADMIN_TIME_ZONE} />{" "}
              ({formatAge(nowMs - (finishedAtMs ?? startedAtMs))} ago)
            </>
          ),
        },
      ]}
    />
  );
}

function Differences({ verification }: { verification: Verification }): JSX.Element | null {
  const { differences, differenceCount } = verification;
  if (differences.length === 0) return null;
  const others = differenceCount - differences.length;
  return (
    <ul class="rows">
      {differences.map(({ accountId, seq, reason }) => (
        <li key={accountId} class="row">
          <a href={`/admin/accounts/${accountId}`}>{accountId}</a>
          {seq > 0 && <span>entry {formatCount(seq)}</span>}
          <span>{reason}</span>
        </li>
      ))}
      {others > 0 && <li>and {formatCount(others)} more</li>}
    </ul>
  );
}
