/**
 * Who changed what of an account by hand.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Panel } from "../components.tsx";
import { stateWord } from "../strings.ts";
import { Table } from "../table.tsx";
import { TimeText } from "../values.tsx";
import type { AccountView } from "./read_account.ts";

const SHOWN_MAX = 10;

/** The newest changes. */
export function ChangesPanel({ view }: { view: AccountView }): JSX.Element {
  const changes = view.changes.slice(0, SHOWN_MAX);
  return (
    <Panel id="changes" title="Changes by hand">
      {changes.length === 0 ? <p>None lately.</p> : (
        <Table
          caption="Changes by hand, newest first"
          isCaptionUnseen
          columns={[
            { key: "time", label: "Time" },
            { key: "actor", label: "Who" },
            { key: "action", label: "What" },
            { key: "detail", label: "Before → after", kind: "text" },
          ]}
          rows={changes.map(({ atMs, actor, action, subject, detail }) => ({
            time: <TimeText atMs={atMs} timeZone={view.account.timezone} precision="minute" />,
            actor,
            action: stateWord(action),
            detail: subject === view.account.id ? detail : `${subject} ${detail}`,
          }))}
        />
      )}
    </Panel>
  );
}
