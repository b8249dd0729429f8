/**
 * The head of the page of SMS billing, and its three views.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { PageHead, Tabs } from "../components.tsx";
import { SMS_PATH } from "./bill_words.tsx";

/** The views, as they stand in the address. */
export const SMS_TABS = ["billing", "settings", "stats"] as const;
/** One of {@link SMS_TABS}. */
export type SmsTab = typeof SMS_TABS[number];

const LABELS: Readonly<Record<SmsTab, string>> = {
  billing: "Bills",
  settings: "Settings",
  stats: "Statistics",
};

/** Heading and tabs. */
export function SmsHead({ tab }: { tab: SmsTab }): JSX.Element {
  return (
    <>
      <PageHead
        title="SMS billing"
        lead="Messages collect in a period; the bill that closes it is paid in one go."
      />
      <Tabs
        label="Views of SMS billing"
        items={SMS_TABS.map((one) => ({
          href: `${SMS_PATH}?tab=${one}`,
          label: LABELS[one],
          isCurrent: one === tab,
        }))}
      />
    </>
  );
}
