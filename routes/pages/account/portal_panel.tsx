/**
 * The portal links of an account, with the buttons that make and take back one.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { stateOfLink } from "../../../core/accounts/portal_links.ts";
import { Badge } from "../badge.tsx";
import { Panel } from "../components.tsx";
import { PostButton } from "../forms.tsx";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";
import type { AccountView } from "./read_account.ts";

const SHOWN_MAX = 10;
const TONES = {
  good: "positive",
  used: "neutral",
  expired: "neutral",
  revoked: "neutral",
} as const;

/** The newest links, and for who may change it the buttons. */
export function PortalPanel(
  { view, mayChange }: { view: AccountView; mayChange: boolean },
): JSX.Element {
  const { account, portalLinks } = view;
  return (
    <Panel
      id="portal"
      title="Customer portal"
      actions={mayChange && (
        <PostButton action={`/admin/accounts/${account.id}/portal-links`}>Portal link</PostButton>
      )}
    >
      {portalLinks.length === 0
        ? (
          <p>
            No links yet. A link lets the customer's people see this account, and nothing else. It
            works once, within 24 hours.
          </p>
        )
        : <LinkTable view={view} mayChange={mayChange} />}
    </Panel>
  );
}

function LinkTable({ view, mayChange }: { view: AccountView; mayChange: boolean }): JSX.Element {
  const { account, portalLinks, nowMs } = view;
  const time = (atMs: number | null) =>
    atMs === null ? "" : <TimeText atMs={atMs} timeZone={account.timezone} precision="minute" />;
  return (
    <Table
      caption="Portal links, newest first"
      isCaptionUnseen
      columns={[
        { key: "made", label: "Made" },
        { key: "state", label: "State" },
        { key: "expires", label: "Opens until" },
        { key: "used", label: "Used" },
        { key: "actor", label: "By" },
        ...(mayChange ? [{ key: "action" as const, label: "Change" }] : []),
      ]}
      rows={portalLinks.slice(0, SHOWN_MAX).map((link) => {
        const state = stateOfLink(link, nowMs);
        return {
          made: time(link.createdAtMs),
          state: <Badge state={state} tone={TONES[state]} />,
          expires: time(link.expiresAtMs),
          used: time(link.usedAtMs),
          actor: link.actor,
          action: (state === "good" || state === "used") && (
            <PostButton
              action={`/admin/accounts/${account.id}/portal-link-revocations`}
              hidden={{ link_id: link.id }}
            >
              Take back
            </PostButton>
          ),
        };
      })}
    />
  );
}
