/**
 * The API keys of an account, with the forms that make and take back one.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Badge } from "../badge.tsx";
import { Panel } from "../components.tsx";
import { Field } from "../fields.tsx";
import { PostButton, PostForm } from "../forms.tsx";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";
import type { AccountView } from "./read_account.ts";

/** The list, and for who may change it the forms. */
export function KeysPanel(
  { view, mayChange }: { view: AccountView; mayChange: boolean },
): JSX.Element {
  const { account, apiKeys } = view;
  return (
    <Panel id="api-keys" title="API keys">
      {apiKeys.length === 0
        ? <p>No keys yet. A key lets the customer's programs read and use this account.</p>
        : <KeyTable view={view} mayChange={mayChange} />}
      {mayChange && (
        <details>
          <summary>Make a key</summary>
          <PostForm action={`/admin/accounts/${account.id}/api-keys`} submitLabel="Make a key">
            <Field
              name="name"
              id="field-key-name"
              label="Name"
              hint="What uses it, such as dialer."
              isRequired
              maxlength={100}
            />
          </PostForm>
        </details>
      )}
    </Panel>
  );
}

function KeyTable({ view, mayChange }: { view: AccountView; mayChange: boolean }): JSX.Element {
  const { account, apiKeys } = view;
  return (
    <Table
      caption="Keys in use and revoked"
      isCaptionUnseen
      columns={[
        { key: "name", label: "Name" },
        { key: "prefix", label: "Begins with" },
        { key: "state", label: "State" },
        { key: "made", label: "Made" },
        { key: "revoked", label: "Revoked" },
        ...(mayChange ? [{ key: "action" as const, label: "Change" }] : []),
      ]}
      rows={apiKeys.toReversed().map((key) => ({
        name: key.name,
        prefix: <code>{key.prefix}…</code>,
        state: key.revokedAtMs === null ? <Badge state="active" /> : <Badge state="revoked" />,
        made: <TimeText atMs={key.createdAtMs} timeZone={account.timezone} precision="minute" />,
        revoked: key.revokedAtMs === null
          ? ""
          : <TimeText atMs={key.revokedAtMs} timeZone={account.timezone} precision="minute" />,
        action: key.revokedAtMs === null && (
          <PostButton
            action={`/admin/accounts/${account.id}/api-key-revocations`}
            hidden={{ key_id: key.id }}
          >
            Revoke <span class="unseen">{key.name}</span>
          </PostButton>
        ),
      }))}
    />
  );
}
