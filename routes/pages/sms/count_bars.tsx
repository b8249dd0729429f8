/**
 * Counts as bars beside each other: how often something happens, by kind.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
// @ts-types="@types/d3-scale"
import { scaleBand, type ScaleLinear, scaleLinear } from "d3-scale";
import { CHART_HEIGHT, ChartFigure, PLOT, px, TICKS } from "../chart.tsx";
import { formatCount } from "../format.ts";
import { Table } from "../table.tsx";

/** What {@link CountBars} shows. */
export interface CountBarsProps {
  /** Unique on the page. */
  id: string;
  /** The heading; also the table's caption. */
  title: string;
  /** What the bars show, in a sentence. */
  description: string;
  /** What a bar is one of, as the head of the table's column. */
  what: string;
  /** In order; at least one. */
  bars: readonly { label: string; count: number }[];
}

/** One bar for each kind, its count above it. */
export function CountBars(props: CountBarsProps): JSX.Element {
  const { bars } = props;
  const y = scaleLinear([0, Math.max(1, ...bars.map(({ count }) => count))], [
    PLOT.bottom,
    PLOT.top + 14,
  ]).nice(TICKS);
  const x = scaleBand(bars.map(({ label }) => label), [PLOT.left, PLOT.right]).padding(0.5);
  return (
    <ChartFigure
      {...{ id: props.id, title: props.title, description: props.description }}
      legend={[]}
      twin={<Twin {...props} />}
    >
      <CountAxis scale={y} />
      {bars.map(({ label, count }) => {
        const left = x(label) ?? 0;
        const middle = px(left + x.bandwidth() / 2);
        return (
          <g key={label}>
            <rect
              class="bar s1"
              x={px(left)}
              y={px(y(count))}
              width={px(x.bandwidth())}
              height={px(PLOT.bottom - y(count))}
            />
            <text x={middle} y={px(y(count) - 6)} text-anchor="middle">{formatCount(count)}</text>
            <text x={middle} y={CHART_HEIGHT - 8} text-anchor="middle">{label}</text>
          </g>
        );
      })}
    </ChartFigure>
  );
}

function CountAxis({ scale }: { scale: ScaleLinear<number, number> }): JSX.Element {
  return (
    <g class="axis">
      {scale.ticks(TICKS).filter(Number.isInteger).map((tick) => (
        <>
          <line
            class={tick === 0 ? "zero" : undefined}
            x1={PLOT.left}
            x2={PLOT.right}
            y1={px(scale(tick))}
            y2={px(scale(tick))}
          />
          <text x={PLOT.left - 8} y={px(scale(tick) + 4)} text-anchor="end">
            {formatCount(tick)}
          </text>
        </>
      ))}
    </g>
  );
}

function Twin({ title, what, bars }: CountBarsProps): JSX.Element {
  return (
    <Table
      caption={title}
      columns={[
        { key: "label", label: what },
        { key: "count", label: "Bills", kind: "number" },
      ]}
      rows={bars.map(({ label, count }) => ({ label, count: formatCount(count) }))}
    />
  );
}
