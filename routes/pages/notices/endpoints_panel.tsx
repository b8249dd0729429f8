/**
 * The endpoints of the notices page: which there are, how they do, and the form that adds one.
 *
 * Comes from: `routes/pages/notices.tsx`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { TARGET_CHARS_MAX } from "../../../core/endpoint_target.ts";
import type { WebhookEndpoint } from "../../../core/notices/endpoint.ts";
import { NOTICE_KINDS } from "../../../core/notices/notice.ts";
import { Badge } from "../badge.tsx";
import { Panel } from "../components.tsx";
import { CheckField, Field } from "../fields.tsx";
import { type FormError, PostForm } from "../forms.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { errorOf, type Typed } from "../read_form.ts";
import { stateWord } from "../strings.ts";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";

/** Where endpoints are. */
export const ENDPOINTS_PATH = "/admin/notices/endpoints";

/** The panel; without a `formId` nothing can be added. */
export function EndpointsPanel(
  { endpoints, formId }: { endpoints: readonly WebhookEndpoint[]; formId: string | null },
): JSX.Element {
  return (
    <Panel id="endpoints" title="Webhook endpoints">
      {endpoints.length === 0
        ? <p>None yet. An endpoint is an address of yours that every notice is posted to.</p>
        : <EndpointTable endpoints={endpoints} />}
      {formId !== null && (
        <details>
          <summary>Add an endpoint</summary>
          <EndpointForm formId={formId} typed={{}} errors={[]} />
        </details>
      )}
    </Panel>
  );
}

function EndpointTable({ endpoints }: { endpoints: readonly WebhookEndpoint[] }): JSX.Element {
  return (
    <Table
      caption="Endpoints"
      isCaptionUnseen
      columns={[
        { key: "url", label: "Address" },
        { key: "state", label: "State" },
        { key: "kinds", label: "Hears of", kind: "text" },
        { key: "added", label: "Added" },
      ]}
      rows={endpoints.map((endpoint) => ({
        url: <a href={`${ENDPOINTS_PATH}/${endpoint.id}`}>{endpoint.url}</a>,
        state: <Badge state={endpoint.state} />,
        kinds: scopeWords(endpoint),
        added: (
          <TimeText atMs={endpoint.createdAtMs} timeZone={ADMIN_TIME_ZONE} precision="minute" />
        ),
      }))}
    />
  );
}

/** What an endpoint hears of, in words. */
export function scopeWords(
  { kinds, accountId }: Pick<WebhookEndpoint, "kinds" | "accountId">,
): string {
  const what = kinds?.map(stateWord).join(", ") ?? "everything";
  return accountId === null ? what : `${what}, of ${accountId}`;
}

/** The form that adds an endpoint. */
export function EndpointForm(
  { formId, typed, errors }: { formId: string; typed: Typed; errors: readonly FormError[] },
): JSX.Element {
  return (
    <PostForm action={ENDPOINTS_PATH} formId={formId} submitLabel="Add the endpoint">
      <Field
        name="url"
        label="Address"
        type="url"
        hint="https, on the public internet, such as https://example.com/hooks."
        value={typed.url}
        error={errorOf(errors, "url")}
        isRequired
        maxlength={TARGET_CHARS_MAX}
      />
      <Field
        name="account"
        label="Account"
        hint="Its id, for an endpoint of a customer's own: it hears only of that account."
        value={typed.account}
        error={errorOf(errors, "account")}
        isRequired={false}
        maxlength={64}
      />
      <fieldset>
        <legend>Kinds of notices; all when none is chosen</legend>
        {NOTICE_KINDS.map((kind) => (
          <CheckField
            name={kind}
            label={stateWord(kind)}
            isChecked={typed[kind] !== undefined}
          />
        ))}
      </fieldset>
    </PostForm>
  );
}
