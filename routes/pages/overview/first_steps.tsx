/**
 * What to do first, where there would only be empty charts.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Badge } from "../badge.tsx";
import { Panel } from "../components.tsx";
import type { CarrierLine } from "./carriers.tsx";

/** The checklist of an installation without accounts. */
export function FirstSteps(
  { carriers, mayChange }: { carriers: readonly CarrierLine[]; mayChange: boolean },
): JSX.Element {
  const isReading = carriers.some(({ state }) => state === "ok");
  const isConnected = carriers.some(({ state }) => state !== "off");
  const steps = [
    {
      isDone: isConnected,
      text: "Set a carrier's key in the environment, such as BLAND_API_KEY, and restart.",
      link: { href: "/docs", label: "How to" },
    },
    { isDone: isReading, text: "Wait for the first pull: it comes within a minute." },
    {
      isDone: false,
      text: "Open the first account.",
      link: mayChange ? { href: "/admin/new-account", label: "New account" } : undefined,
    },
    { isDone: false, text: "Give it its telephone numbers, and money: on the account's page." },
    {
      isDone: false,
      text: "Check the prices.",
      link: { href: "/admin/rate-plans", label: "Rate plans" },
    },
  ];
  return (
    <Panel id="first-steps" title="First steps">
      <ul class="rows">
        {steps.map(({ isDone, text, link }) => (
          <li key={text} class="row">
            <Badge
              state={isDone ? "done" : "to_do"}
              label={isDone ? "done" : "to do"}
            />
            <span>{text}</span>
            {link && <a href={link.href}>{link.label}</a>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
