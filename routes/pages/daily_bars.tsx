/**
 * Money per day as stacked bars: a month of charges by service.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
// @ts-types="@types/d3-scale"
import { type ScaleBand, scaleBand, type ScaleLinear, scaleLinear } from "d3-scale";
// @ts-types="@types/d3-shape"
import { stack, stackOffsetDiverging } from "d3-shape";
import { formatMicros, parseDecimal } from "../../core/money.ts";
import { CHART_HEIGHT, ChartFigure, MoneyAxis, PLOT, px, TICKS } from "./chart.tsx";
import { formatDay, formatMoneyText } from "./format.ts";
import { WORDS } from "./strings.ts";
import { Table } from "./table.tsx";

/** One colour of the bars; the first six have colours of their own. */
export interface Series {
  /** Names the series in {@link DayAmounts}. */
  key: string;
  /** Its words in legend and table. */
  label: string;
}

/** One bar. */
export interface DayAmounts {
  /** As `2026-11-20`. */
  day: string;
  /** Decimal text by series; a missing one is zero. */
  amounts: Readonly<Record<string, string>>;
}

/** What {@link DailyBars} shows. */
export interface DailyBarsProps {
  /** Unique on the page. */
  id: string;
  /** The heading; also the table's caption. */
  title: string;
  /** What the bars show, in a sentence or two. */
  description: string;
  /** ISO 4217, of every amount. */
  currency: string;
  /** From the line of zero outwards. */
  series: readonly Series[];
  /** Oldest first, without gaps; made for a month. */
  days: readonly DayAmounts[];
}

/** Stacked bars, one per day; negative amounts hang below the line of zero. */
export function DailyBars(props: DailyBarsProps): JSX.Element {
  const { days, series, currency } = props;
  const layers = stackDays(props);
  const ends = layers.flat(2);
  const y = scaleLinear([Math.min(0, ...ends), Math.max(0, ...ends) || 1], [PLOT.bottom, PLOT.top])
    .nice(TICKS);
  const x = scaleBand(days.map(({ day }) => day), [PLOT.left, PLOT.right]).padding(0.28);
  return (
    <ChartFigure
      {...{ id: props.id, title: props.title, description: props.description }}
      legend={series.map(({ label }) => label)}
      twin={<Twin {...props} />}
    >
      <MoneyAxis scale={y} currency={currency} />
      {layers.map((layer, index) => (
        <path
          class={`bar s${index + 1}`}
          d={layer.map(([from, to], at) => barPath({ x, y, from, to, day: days[at]?.day ?? "" }))
            .join("")}
        />
      ))}
      <DayAxis days={days} x={x} />
      {days.map((day) => <Hover key={day.day} day={day} x={x} title={dayTitle(props, day)} />)}
    </ChartFigure>
  );
}

/** Geometry only: here the amounts become numbers. */
function stackDays({ days, series }: DailyBarsProps): [number, number][][] {
  const layers = stack<unknown, DayAmounts, string>()
    .keys(series.map(({ key }) => key))
    .value(({ amounts }, key) => Number(amounts[key] ?? "0"))
    .offset(stackOffsetDiverging)(days);
  return layers.map((layer) => layer.map(([from, to]) => [from, to]));
}

interface BarPlace {
  x: ScaleBand<string>;
  y: ScaleLinear<number, number>;
  day: string;
  from: number;
  to: number;
}

/** One rectangle as a piece of a path: a month of them as elements would weigh more than the page. */
function barPath({ x, y, day, from, to }: BarPlace): string {
  const height = px(y(from) - y(to));
  if (height === 0) return "";
  return `M${px(x(day) ?? 0)} ${px(y(from))}v${-height}h${px(x.bandwidth())}v${height}z`;
}

interface DayScaleProps {
  days: readonly DayAmounts[];
  x: ScaleBand<string>;
}

/** A day in five gets its name, counted back from the last. */
function DayAxis({ days, x }: DayScaleProps): JSX.Element {
  const step = Math.max(1, Math.ceil(days.length / 7));
  const named = days.filter((_, index) => (days.length - 1 - index) % step === 0);
  return (
    <g class="axis">
      {named.map(({ day }) => (
        <text x={px((x(day) ?? 0) + x.bandwidth() / 2)} y={CHART_HEIGHT - 8} text-anchor="middle">
          {formatDay(day)}
        </text>
      ))}
    </g>
  );
}

/** The whole height of a day, so that the pointer finds even an empty one. */
function Hover(
  { day, x, title }: { day: DayAmounts; x: ScaleBand<string>; title: string },
): JSX.Element {
  const left = px((x(day.day) ?? 0) - (x.step() - x.bandwidth()) / 2);
  return (
    <rect class="hover" x={left} y={PLOT.top} width={px(x.step())} height={PLOT.bottom - PLOT.top}>
      <title>{title}</title>
    </rect>
  );
}

function dayTitle({ series, currency }: DailyBarsProps, day: DayAmounts): string {
  const lines = series.map(({ key, label }) =>
    `${label} ${formatMoneyText({ amount: day.amounts[key] ?? "0", currency })}`
  );
  const total = formatMoneyText({ amount: sumOf(Object.values(pick(day, series))), currency });
  return [`${formatDay(day.day)}: ${total}`, ...lines].join("\n");
}

function Twin({ title, days, series, currency }: DailyBarsProps): JSX.Element {
  const money = (amount: string) => formatMoneyText({ amount, currency });
  const row = (day: DayAmounts) => {
    const amounts = pick(day, series);
    const cells = Object.entries(amounts).map(([key, amount]) => [key, money(amount)]);
    return {
      ...Object.fromEntries(cells),
      day: formatDay(day.day),
      total: money(sumOf(Object.values(amounts))),
    };
  };
  const columns = series.map(({ key, label }) => ({ key, label, kind: "number" as const }));
  return (
    <Table
      caption={title}
      columns={[
        { key: "day", label: WORDS.chart.day },
        ...columns,
        { key: "total", label: WORDS.chart.total, kind: "number" },
      ]}
      rows={days.map(row)}
    />
  );
}

function pick(day: DayAmounts, series: readonly Series[]): Record<string, string> {
  return Object.fromEntries(series.map(({ key }) => [key, day.amounts[key] ?? "0"]));
}

function sumOf(amounts: readonly string[]): string {
  return formatMicros(amounts.reduce((sum, amount) => sum + (parseDecimal(amount) ?? 0n), 0n));
}
