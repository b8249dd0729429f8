/**
 * Every part of the pages once, with the same text wherever a part takes text, and the same address
 * wherever it takes one.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import { Badge } from "../../../routes/pages/badge.tsx";
import { Card, CardRow, Formula } from "../../../routes/pages/cards.tsx";
import {
  Columns,
  DefinitionList,
  EmptyState,
  LinkButton,
  PageHead,
  Pager,
  Panel,
  Tabs,
} from "../../../routes/pages/components.tsx";
import { ConfirmForm } from "../../../routes/pages/confirm_form.tsx";
import { DailyBars } from "../../../routes/pages/daily_bars.tsx";
import { CheckField, Field, SelectField, TextAreaField } from "../../../routes/pages/fields.tsx";
import { ErrorSummary, FilterForm, PostButton, PostForm } from "../../../routes/pages/forms.tsx";
import type { LayoutProps } from "../../../routes/pages/layout.tsx";
import { CopyText, LiveProgress, ProgressBar } from "../../../routes/pages/progress.tsx";
import { StepLine } from "../../../routes/pages/step_line.tsx";
import { Table } from "../../../routes/pages/table.tsx";
import { AsOf, MoneyText, TimeText } from "../../../routes/pages/values.tsx";

/** What the parts are filled with. */
export interface Filling {
  text: string;
  href: string;
}

/** 20 November 2026, 09:06:22 UTC. */
export const NOW_MS = 1_795_165_582_000;

const usd = (amount: string) => ({ amount, currency: "USD" });

/** The frame of a page, everything in it given. */
export function fillFrame({ text, href }: Filling): LayoutProps {
  return {
    title: text,
    viewer: { name: text, role: text, homePath: href, signOutPath: href },
    nav: [{ href, label: text, group: text, icon: "phone", isCurrent: true }],
    assets: (name) => `/static/00000000/${name}`,
    sandbox: { nowMs: NOW_MS, timeZone: "UTC", returnPath: href },
    requestId: text,
    refreshSeconds: 5,
    flash: { text, tone: "positive" },
  };
}

/** The parts by name. */
export function gallery(filling: Filling): Record<string, JSX.Element> {
  return { ...values(filling), ...structure(filling), ...forms(filling), ...charts(filling) };
}

function values({ text, href }: Filling): Record<string, JSX.Element> {
  return {
    MoneyText: <MoneyText money={{ amount: "-1.5", currency: text }} isSigned />,
    TimeText: <TimeText atMs={NOW_MS} timeZone="Europe/Berlin" />,
    AsOf: <AsOf nowMs={NOW_MS} completeToMs={null} timeZone="UTC" />,
    Badge: <Badge state={text} />,
    ProgressBar: <ProgressBar label={text} text={text} used={text} limit={text} />,
    LiveProgress: <LiveProgress src={href} label={text} done={1} total={2} text={text} />,
    CopyText: <CopyText text={text} />,
    Formula: (
      <Formula
        available={usd("95")}
        balance={usd("100")}
        held={usd("5")}
        creditLimit={{ amount: "0", currency: text }}
      />
    ),
  };
}

function structure({ text, href }: Filling): Record<string, JSX.Element> {
  const link = { href, label: text };
  return {
    PageHead: <PageHead title={text} above={link} lead={text} actions={text} />,
    Panel: <Panel id="panel" title={text} actions={text}>{text}</Panel>,
    Columns: <Columns>{text}</Columns>,
    LinkButton: <LinkButton href={href} tone="primary">{text}</LinkButton>,
    Tabs: <Tabs label={text} items={[{ ...link, isCurrent: true }]} />,
    DefinitionList: <DefinitionList items={[{ term: text, value: text }]} />,
    EmptyState: <EmptyState kind="nothing_found" title={text} text={text} action={link} />,
    Pager: (
      <Pager
        place={{ path: "/admin", query: new URLSearchParams({ cursor: "x", q: text }) }}
        nextCursor={text}
      />
    ),
    Cards: (
      <CardRow>
        <Card label={text} figure={text} subline={text} tone={{ kind: "negative", word: text }} />
      </CardRow>
    ),
    Table: (
      <Table
        caption={text}
        columns={[
          { key: "name", label: text, sort: { href, direction: "ascending" } },
          { key: "amount", label: text, kind: "number" },
        ]}
        rows={[{ name: text, amount: text }]}
        totals={{ name: text, amount: text }}
      />
    ),
  };
}

function forms({ text, href }: Filling): Record<string, JSX.Element> {
  const notes = { label: text, hint: text, error: text, value: text };
  return {
    ErrorSummary: <ErrorSummary errors={[{ name: "one", message: text }]} />,
    FilterForm: (
      <FilterForm action={href} keep={{ tab: text }} clearHref={href}>
        <Field name="one" type="search" {...notes} />
      </FilterForm>
    ),
    PostForm: (
      <PostForm action={href} submitLabel={text} cancelHref={href} hidden={{ one: text }}>
        <SelectField name="two" {...notes} options={[{ value: text, label: text }]} />
        <TextAreaField name="three" {...notes} isRequired={false} />
        <CheckField name="four" {...notes} isChecked />
      </PostForm>
    ),
    ConfirmForm: (
      <ConfirmForm
        action={href}
        formId={text}
        submitLabel={text}
        cancelHref={href}
        reason={{ value: text, error: text }}
        changes={[{ label: text, before: text, after: text }]}
      />
    ),
    PostButton: <PostButton action={href} formId={text} tone="danger">{text}</PostButton>,
  };
}

function charts({ text }: Filling): Record<string, JSX.Element> {
  return {
    DailyBars: (
      <DailyBars
        id="bars"
        title={text}
        description={text}
        currency={text}
        series={[{ key: "one", label: text }, { key: "two", label: text }]}
        days={[
          { day: "2026-11-19", amounts: { one: "1.25", two: "-0.5" } },
          { day: "2026-11-20", amounts: {} },
        ]}
      />
    ),
    StepLine: (
      <StepLine
        id="line"
        title={text}
        description={text}
        label={text}
        currency={text}
        timeZone="Pacific/Auckland"
        untilMs={NOW_MS}
        points={[{ atMs: NOW_MS - 864e5, amount: "12.5" }, { atMs: NOW_MS, amount: "-3" }]}
        threshold={{ label: text, amount: "10" }}
      />
    ),
  };
}
