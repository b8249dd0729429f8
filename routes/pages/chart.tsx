/**
 * What every chart is made of: the figure around the drawing, its axis of money, its table twin.
 *
 * The drawing is SVG made here, coloured by class. Amounts arrive as decimal text; they become
 * JavaScript numbers for geometry alone, and every number people read comes from the text.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
// @ts-types="@types/d3-scale"
import type { ScaleLinear } from "d3-scale";
import { formatMoneyText } from "./format.ts";
import { WORDS } from "./strings.ts";

/** The drawing's own units: it scales to its place and keeps a width at which its words are readable. */
export const CHART_WIDTH = 720;
/** See {@link CHART_WIDTH}. */
export const CHART_HEIGHT = 240;
/** Where the plot begins and ends inside the drawing; room for the axes' words around it. */
export const PLOT = { left: 64, right: 696, top: 14, bottom: 212 } as const;

/** What {@link ChartFigure} frames. */
export interface ChartFigureProps {
  /** Unique on the page. */
  id: string;
  /** The heading; also names the scrolling region. */
  title: string;
  /** What the drawing shows, in a sentence or two, for those who cannot see it. */
  description: string;
  /** Lines of the legend, in the order of the classes `s1`, `s2`, …; none for a single line. */
  legend: readonly string[];
  /** The same numbers as a table. */
  twin: Child;
  /** The drawing itself, in the units of {@link PLOT}. */
  children?: Child;
}

/** A drawing with its title, legend and table twin. */
export function ChartFigure(props: ChartFigureProps): JSX.Element {
  const { id, title, description } = props;
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <Legend names={props.legend} />
      <div class="scroll" role="region" tabindex={0} aria-label={title}>
        <svg
          viewBox={`0 0 ${CHART_WIDTH} ${CHART_HEIGHT}`}
          role="img"
          aria-labelledby={`${id}-title ${id}-desc`}
        >
          <title id={`${id}-title`}>{title}</title>
          <desc id={`${id}-desc`}>{description}</desc>
          {props.children}
        </svg>
      </div>
      <details>
        <summary>{WORDS.chart.asTable}</summary>
        {props.twin}
      </details>
    </figure>
  );
}

function Legend({ names }: { names: readonly string[] }): JSX.Element | null {
  if (names.length === 0) return null;
  return (
    <ul class="legend row">
      {names.map((name, index) => <li key={name} class={`s${index + 1}`}>{name}</li>)}
    </ul>
  );
}

/** What {@link MoneyAxis} draws. */
export interface MoneyAxisProps {
  /** Amount → height in the drawing. */
  scale: ScaleLinear<number, number>;
  /** ISO 4217. */
  currency: string;
}

/** About four lines across the plot, each with its amount at the left. */
export function MoneyAxis({ scale, currency }: MoneyAxisProps): JSX.Element {
  const asText = scale.tickFormat(TICKS, "f");
  const ticks = scale.ticks(TICKS);
  const isWhole = ticks.every(Number.isInteger);
  return (
    <g class="axis">
      {ticks.map((tick) => (
        <>
          <line
            class={tick === 0 ? "zero" : undefined}
            x1={PLOT.left}
            x2={PLOT.right}
            y1={px(scale(tick))}
            y2={px(scale(tick))}
          />
          <text x={PLOT.left - 8} y={px(scale(tick) + 4)} text-anchor="end">
            {axisText({ amount: asText(tick).replace("\u2212", "-"), currency }, isWhole)}
          </text>
        </>
      ))}
    </g>
  );
}

/** Lines that an axis of money aims at. */
export const TICKS = 4;

function axisText(money: { amount: string; currency: string }, isWhole: boolean): string {
  return formatMoneyText(money, isWhole ? { minDecimals: 0 } : {});
}

/** A coordinate to a tenth of a unit, which no eye can tell from the exact one. */
export function px(coordinate: number): number {
  return Math.round(coordinate * 10) / 10;
}
