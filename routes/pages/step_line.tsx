/**
 * Money over time as a line of steps: a balance, with the threshold that would ring drawn in.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
// @ts-types="@types/d3-scale"
import { type ScaleLinear, scaleLinear } from "d3-scale";
// @ts-types="@types/d3-shape"
import { area, curveStepAfter, line } from "d3-shape";
import { DAY_MS } from "../../core/clock.ts";
import { CHART_HEIGHT, ChartFigure, MoneyAxis, PLOT, px, TICKS } from "./chart.tsx";
import { formatDay, formatMoneyText } from "./format.ts";
import { WORDS } from "./strings.ts";
import { Table } from "./table.tsx";
import { MoneyText, TimeText } from "./values.tsx";

/** One step: from this instant on it is this amount. */
export interface StepPoint {
  /** Milliseconds since 1970 UTC. */
  atMs: number;
  /** Decimal text. */
  amount: string;
}

/** What {@link StepLine} shows. */
export interface StepLineProps {
  /** Unique on the page. */
  id: string;
  /** The heading; also the table's caption. */
  title: string;
  /** What the line shows, in a sentence or two. */
  description: string;
  /** ISO 4217, of every amount. */
  currency: string;
  /** IANA name of the zone whose days are marked. */
  timeZone: string;
  /** What the line is, as the head of the table's column. */
  label: string;
  /** Oldest first, at least one. All of them are drawn and listed: hand in days, not every entry. */
  points: readonly StepPoint[];
  /** Where the line ends, usually now. */
  untilMs: number;
  /** Drawn across with its words; decimal text. */
  threshold?: { label: string; amount: string } | undefined;
}

/** A stepped line with the surface under it. */
export function StepLine(props: StepLineProps): JSX.Element {
  const { points, threshold, currency } = props;
  const steps = toSteps(props);
  const x = scaleLinear([steps[0]?.[0] ?? 0, props.untilMs], [PLOT.left, PLOT.right]);
  const y = scaleLinear(spanOf(props), [PLOT.bottom, PLOT.top]).nice(TICKS);
  const curve = { x: ([at]: Step) => x(at), y: ([, amount]: Step) => y(amount) };
  const surface = area<Step>().x(curve.x).y1(curve.y).y0(y(0)).curve(curveStepAfter).digits(1);
  const edge = line<Step>().x(curve.x).y(curve.y).curve(curveStepAfter).digits(1);
  return (
    <ChartFigure
      {...{ id: props.id, title: props.title, description: props.description }}
      legend={[]}
      twin={<Twin {...props} />}
    >
      <MoneyAxis scale={y} currency={currency} />
      <path class="area" d={surface(steps) ?? ""} />
      <path class="line" stroke-width="2" d={edge(steps) ?? ""} />
      {threshold && <Threshold {...threshold} currency={currency} y={y} />}
      {points.length > 0 && <TimeAxis x={x} timeZone={props.timeZone} />}
    </ChartFigure>
  );
}

type Step = [atMs: number, amount: number];

/** Geometry only: here the amounts become numbers. The last one lasts until the end. */
function toSteps({ points, untilMs }: StepLineProps): Step[] {
  const steps = points.map(({ atMs, amount }): Step => [atMs, Number(amount)]);
  const last = steps.at(-1);
  return last ? [...steps, [untilMs, last[1]]] : steps;
}

function spanOf({ points, threshold }: StepLineProps): [number, number] {
  const amounts = points.map(({ amount }) => Number(amount));
  const all = [0, ...amounts, ...(threshold ? [Number(threshold.amount)] : [])];
  return [Math.min(...all), Math.max(...all) || 1];
}

interface ThresholdProps {
  label: string;
  amount: string;
  currency: string;
  y: ScaleLinear<number, number>;
}

function Threshold({ label, amount, currency, y }: ThresholdProps): JSX.Element {
  const height = px(y(Number(amount)));
  return (
    <g class="threshold">
      <line x1={PLOT.left} x2={PLOT.right} y1={height} y2={height} />
      <text x={PLOT.right} y={height - 6} text-anchor="end">
        {label} {formatMoneyText({ amount, currency })}
      </text>
    </g>
  );
}

/** About six midnights of the zone, each with its day. */
function TimeAxis(
  { x, timeZone }: { x: ScaleLinear<number, number>; timeZone: string },
): JSX.Element {
  const [fromMs = 0, untilMs = 0] = x.domain();
  const stepDays = Math.max(1, Math.ceil((untilMs - fromMs) / DAY_MS / 6));
  const first = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(timeZone)
    .startOfDay();
  const ticks = Array.from({ length: 8 }, (_, index) => first.add({ days: 1 + index * stepDays }))
    .filter(({ epochMilliseconds }) => epochMilliseconds <= untilMs);
  return (
    <g class="axis">
      {ticks.map((tick) => (
        <text x={px(x(tick.epochMilliseconds))} y={CHART_HEIGHT - 8} text-anchor="middle">
          {formatDay(tick.toPlainDate().toString())}
        </text>
      ))}
    </g>
  );
}

function Twin({ title, label, points, currency, timeZone }: StepLineProps): JSX.Element {
  return (
    <Table
      caption={title}
      columns={[
        { key: "time", label: WORDS.chart.time },
        { key: "amount", label, kind: "number" },
      ]}
      rows={points.map(({ atMs, amount }) => ({
        time: <TimeText {...{ atMs, timeZone }} precision="minute" />,
        amount: <MoneyText money={{ amount, currency }} />,
      }))}
    />
  );
}
