/**
 * What the page of one webhook endpoint shows: its facts, its deliveries, and the buttons.
 *
 * Comes from: `routes/pages/notices/endpoint_pages.tsx`.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { type Delivery, WEBHOOK_TEST_JOB } from "../../../core/notices/deliver.ts";
import type { WebhookEndpoint } from "../../../core/notices/endpoint.ts";
import { answerOf } from "../../api/shapes/notice.ts";
import { Badge } from "../badge.tsx";
import { DefinitionList, EmptyState, LinkButton, PageHead, Pager, Panel } from "../components.tsx";
import { formatCount } from "../format.ts";
import { PostButton } from "../forms.tsx";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { linkWith, type Place } from "../links.ts";
import { CopyText } from "../progress.tsx";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";
import { ENDPOINTS_PATH, scopeWords } from "./endpoints_panel.tsx";

/** A secret, this once. */
export function SecretBody(
  { endpoint, secret }: { endpoint: WebhookEndpoint; secret: string },
): JSX.Element {
  const path = `${ENDPOINTS_PATH}/${endpoint.id}`;
  return (
    <>
      <PageHead title="Webhook secret" above={{ href: path, label: endpoint.url }} />
      <Panel id="secret" title="Copy it now">
        <p>
          This is the only time it is shown. Whatever receives the notices checks their signatures
          with it, by Standard Webhooks.
        </p>
        <p>
          <CopyText text={secret} />
        </p>
        <p>
          <LinkButton href={path}>I have copied it</LinkButton>
        </p>
      </Panel>
    </>
  );
}

interface EndpointBodyProps {
  endpoint: WebhookEndpoint;
  page: { deliveries: Delivery[]; nextCursor: string | null } | null;
  place: Place;
  /** Null for who may only look. */
  formId: string | null;
}

/** The page. */
export function EndpointBody({ endpoint, page, place, formId }: EndpointBodyProps): JSX.Element {
  const path = place.path;
  return (
    <>
      <PageHead
        title="Webhook endpoint"
        above={{ href: "/admin/notices", label: "Notices" }}
        lead={<code>{endpoint.url}</code>}
        actions={formId !== null && <PostButton action={`${path}/tests`}>Send a test</PostButton>}
      />
      <Panel id="facts" title="What it is">
        <DefinitionList
          items={[
            { term: "State", value: <Badge state={endpoint.state} /> },
            { term: "Hears of", value: scopeWords(endpoint) },
            {
              term: "Added",
              value: <TimeText atMs={endpoint.createdAtMs} timeZone={ADMIN_TIME_ZONE} />,
            },
          ]}
        />
        {endpoint.state === "failing" && (
          <p>
            A notice was tried ten times over three days, in vain. What comes is still tried; what
            failed is sent again by hand.
          </p>
        )}
      </Panel>
      <Panel id="deliveries" title="Deliveries">
        <DeliveryList page={page} place={place} mayChange={formId !== null} />
      </Panel>
      {formId !== null && (
        <Panel id="changes" title="Change it">
          <p>After a new secret is made, the old one signs beside it for a day.</p>
          <div class="actions row">
            <PostButton action={`${path}/rotations`} formId={formId}>Make a new secret</PostButton>
            <PostButton action={`${path}/removals`} tone="danger">Remove the endpoint</PostButton>
          </div>
        </Panel>
      )}
    </>
  );
}

function DeliveryList(
  { page, place, mayChange }: Pick<EndpointBodyProps, "page" | "place"> & { mayChange: boolean },
): JSX.Element {
  if (!page) {
    return (
      <EmptyState
        kind="could_not_load"
        text="The address names a place in the list that does not exist."
        action={{ href: linkWith(place), label: "First page" }}
      />
    );
  }
  if (page.deliveries.length === 0) {
    return <p>Nothing was posted to it yet.</p>;
  }
  const action = mayChange ? [{ key: "action" as const, label: "Action" }] : [];
  return (
    <>
      <Table
        caption="Deliveries, newest first"
        isCaptionUnseen
        columns={[
          { key: "at", label: "Notice of" },
          { key: "message", label: "Message" },
          { key: "state", label: "State" },
          ...action,
          { key: "answer", label: "Last answer", kind: "text" },
          { key: "attempts", label: "Attempts", kind: "number" },
          { key: "next", label: "Next try" },
        ]}
        rows={page.deliveries.map((one) => deliveryCells(one, place.path))}
      />
      <Pager place={place} nextCursor={page.nextCursor} />
    </>
  );
}

function deliveryCells(
  { messageId, atMs, job }: Delivery,
  path: string,
): Record<"at" | "message" | "state" | "answer" | "attempts" | "next" | "action", Child> {
  const isTest = job.kind === WEBHOOK_TEST_JOB;
  return {
    at: <TimeText atMs={atMs} timeZone={ADMIN_TIME_ZONE} />,
    message: isTest ? "a test" : <code>{messageId}</code>,
    state: <Badge state={job.state === "done" ? "delivered" : job.state} />,
    answer: answerOf(job) ?? "",
    attempts: formatCount(job.attempts),
    next: job.state === "pending"
      ? <TimeText atMs={job.dueAtMs} timeZone={ADMIN_TIME_ZONE} />
      : <span class="soft">{job.state === "running" ? "now" : "no more"}</span>,
    action: job.state !== "running" && !isTest && (
      <PostButton action={`${path}/resends`} hidden={{ job_id: job.id }}>
        {job.state === "pending" ? "Send now" : "Send again"}
      </PostButton>
    ),
  };
}
