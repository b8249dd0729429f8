/**
 * Twilio on the billing page: whether it is on, how far the sweep has come, and whether callbacks do.
 *
 * Comes from: `routes/pages/billing.tsx`. Goes to: `core/billing/heard_days.ts`.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { readHeard } from "../../../core/billing/heard_days.ts";
import type { HeardDay } from "../../../core/billing/record_calls.ts";
import type { AppDeps } from "../../deps.ts";
import { CARRIER_LAG_MAX_MS } from "../../health.ts";
import { Badge } from "../badge.tsx";
import { DefinitionList, Panel } from "../components.tsx";
import { formatAge, formatCount, formatPercent } from "../format.ts";
import { ADMIN_TIME_ZONE } from "../frame.tsx";
import { TimeText } from "../values.tsx";
import { type Freshness, readTwilioFreshness } from "./carrier_freshness.ts";

const HEARD_DAYS = 7;

/** Twilio as the page shows it. */
export interface TwilioView {
  /** How far the sweep has come. */
  freshness: Freshness;
  /** Calls of the last {@link HEARD_DAYS} days by how we heard of their end. */
  heard: HeardDay;
  /** What is to be written into Twilio's console. */
  callbackUrl: string;
}

/** Reads it; null while Twilio is off. */
export async function readTwilio(
  { store, config, clock }: Pick<AppDeps, "store" | "config" | "clock">,
): Promise<TwilioView | null> {
  if (!config.twilio) return null;
  const [freshness, heard] = await Promise.all([
    readTwilioFreshness(store),
    readHeard(store, { carrier: "twilio", days: HEARD_DAYS, nowMs: clock.now() }),
  ]);
  return { freshness, heard, callbackUrl: `${config.publicUrl}/webhook/twilio/voice` };
}

/** The panel. */
export function TwilioPanel(
  { twilio, nowMs }: { twilio: TwilioView | null; nowMs: number },
): JSX.Element {
  if (!twilio) {
    return (
      <Panel id="twilio" title="Twilio">
        <p>
          Twilio is off. Set <code>TWILIO_ACCOUNT_SID</code> and <code>TWILIO_AUTH_TOKEN</code>{" "}
          to turn it on.
        </p>
      </Panel>
    );
  }
  const { freshness, heard, callbackUrl } = twilio;
  return (
    <Panel id="twilio" title="Twilio">
      <DefinitionList
        items={[
          { term: "State", value: <SweepState freshness={freshness} nowMs={nowMs} /> },
          {
            term: "Last good sweep",
            value: <TimeText atMs={freshness.completeToMs} timeZone={ADMIN_TIME_ZONE} />,
          },
          { term: `Last ${HEARD_DAYS} days`, value: heardWords(heard) },
          { term: "Status callback address", value: <code>{callbackUrl}</code> },
        ]}
      />
      {heard.webhook === 0 && heard.listing > 0 && (
        <p>
          Twilio sends no callbacks: calls are billed late, when the sweep finds them. Set the
          address above as the status callback of your numbers, by POST, with all events.
        </p>
      )}
    </Panel>
  );
}

function SweepState({ freshness, nowMs }: { freshness: Freshness; nowMs: number }): JSX.Element {
  const { completeToMs, lastError } = freshness;
  if (lastError !== null) {
    return (
      <>
        <Badge state="failing" /> {lastError}
      </>
    );
  }
  if (completeToMs === null) return <Badge state="waiting" label="on, not read yet" />;
  const ageMs = nowMs - completeToMs;
  const isLate = ageMs > CARRIER_LAG_MAX_MS;
  return (
    <>
      <Badge
        state="ok"
        label={isLate ? "on, not read lately" : "on"}
        tone={isLate ? "warning" : undefined}
      />{" "}
      read {formatAge(ageMs)} ago
    </>
  );
}

/** `1,204 calls: 1,201 by webhook, 3 found by the sweep (0.2%)`. */
export function heardWords({ webhook, listing }: HeardDay): string {
  const all = webhook + listing;
  if (all === 0) return "no calls have ended";
  const share = formatPercent((listing / all).toFixed(4));
  const calls = `${formatCount(all)} ${all === 1 ? "call" : "calls"}`;
  return `${calls}: ${formatCount(webhook)} by webhook, ${
    formatCount(listing)
  } found by the sweep` +
    (listing > 0 ? ` (${share})` : "");
}
