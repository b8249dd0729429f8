/**
 * How fresh each carrier's calls are: the last good pull, and up to when they are complete.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { MINUTE_MS } from "../../../core/clock.ts";
import type { Config } from "../../../core/config.ts";
import type { Cursor } from "../../../core/jobs/cursors.ts";
import { Badge } from "../badge.tsx";
import { Panel } from "../components.tsx";
import { formatAge } from "../format.ts";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { Table } from "../table.tsx";
import { TimeText, Unknown } from "../values.tsx";

/** One carrier key, or a carrier that is off. */
export interface CarrierLine {
  /** As people know it. */
  name: string;
  /** Off without a key, waiting before the first run. */
  state: "off" | "waiting" | "ok" | "late" | "failing";
  /** How far it was read; null before the first run. */
  cursor: Cursor | null;
}

const CARRIERS = [
  { key: "bland", name: "Bland" },
  { key: "telnyx", name: "Telnyx" },
  { key: "twilio", name: "Twilio" },
] as const;

/** Every carrier with its keys; one without a key is off. */
export function listCarriers(
  config: Pick<Config, "bland" | "telnyx" | "twilio">,
  { cursors, nowMs }: { cursors: readonly Cursor[]; nowMs: number },
): CarrierLine[] {
  return CARRIERS.flatMap(({ key, name }): CarrierLine[] => {
    const mine = cursors.filter(({ sourceId }) => sourceId.startsWith(`${key}:`));
    if (mine.length === 0) {
      return [{ name, state: config[key] ? "waiting" : "off", cursor: null }];
    }
    return mine.map((cursor) => ({
      name: nameOf(name, cursor.sourceId),
      state: stateOf(cursor, nowMs),
      cursor,
    }));
  });
}

/** A key is read every minute; so long without a run means that nobody reads it. */
const LATE_AFTER_MS = 15 * MINUTE_MS;

/** How a key that was read at least once stands. */
export function stateOf(cursor: Cursor, nowMs: number): "ok" | "late" | "failing" {
  if (cursor.lastError !== null) return "failing";
  return nowMs - cursor.lastRunAtMs > LATE_AFTER_MS ? "late" : "ok";
}

/** `Bland` for the installation's key, `Bland, acme's key` for an account's own. */
function nameOf(carrier: string, sourceId: string): string {
  const accountId = /^[a-z]+:account:(.+)$/.exec(sourceId)?.[1];
  return accountId === undefined ? carrier : `${carrier}, own key of ${accountId}`;
}

/** The table of carriers. */
export function CarriersPanel(
  { carriers, nowMs }: { carriers: readonly CarrierLine[]; nowMs: number },
): JSX.Element {
  return (
    <Panel id="carriers" title="Carriers">
      <Table
        caption="How fresh each carrier's calls are"
        isCaptionUnseen
        columns={[
          { key: "name", label: "Carrier" },
          { key: "state", label: "State" },
          { key: "complete", label: "Complete to" },
        ]}
        rows={carriers.map((one) => ({
          name: one.name,
          state: (
            <>
              <Badge
                state={one.state}
                label={STATE_WORDS[one.state]}
                tone={one.state === "late" ? "warning" : undefined}
              />{" "}
              <LastPull line={one} nowMs={nowMs} />
            </>
          ),
          complete: one.cursor
            ? (
              <TimeText
                atMs={one.cursor.completeToMs}
                timeZone={ADMIN_TIME_ZONE}
                precision="minute"
              />
            )
            : <Unknown />,
        }))}
      />
      {carriers.map(({ name, cursor }) =>
        cursor?.lastError
          ? <p key={cursor.sourceId} class="error">{name}: {cursor.lastError}</p>
          : null
      )}
    </Panel>
  );
}

const STATE_WORDS: Record<CarrierLine["state"], string> = {
  off: "off: no key is set",
  waiting: "not read yet",
  ok: "ok",
  late: "not read lately",
  failing: "failing",
};

function LastPull({ line, nowMs }: { line: CarrierLine; nowMs: number }): JSX.Element | null {
  const { cursor } = line;
  if (!cursor || cursor.lastRunAtMs === 0) return null;
  return <small>{formatAge(nowMs - cursor.lastRunAtMs)} ago</small>;
}
