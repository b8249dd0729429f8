/**
 * Cards: one number each, with what it means under it.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Money } from "../../core/money.ts";
import { MoneyText } from "./values.tsx";
import { WORDS } from "./strings.ts";

/** What {@link Card} shows. */
export interface CardProps {
  /** What the number is. */
  label: string;
  /** The big number: usually a `MoneyText` or a count. */
  figure: Child;
  /** A line under the number. */
  subline?: Child;
  /** How the number is meant, as a colour and as the word that says the same. */
  tone?: { kind: "positive" | "warning" | "negative"; word: string } | undefined;
}

/** A row of {@link Card}s: four beside each other where there is room, one below the other where not. */
export function CardRow({ children }: { children?: Child }): JSX.Element {
  return <dl class="cards">{children}</dl>;
}

/** A label, a big number and a line under it; stands in a {@link CardRow}. */
export function Card({ label, figure, subline, tone }: CardProps): JSX.Element {
  return (
    <div class={`card ${tone?.kind ?? "neutral"}`}>
      <dt>{label}</dt>
      <dd class="figure">{figure}</dd>
      {(tone || subline) && (
        <dd class="subline row soft">
          {tone && <span class={`badge ${tone.kind}`}>{tone.word}</span>}
          {subline && <span>{subline}</span>}
        </dd>
      )}
    </div>
  );
}

/** What {@link Formula} shows: four amounts of one wallet. */
export interface FormulaProps {
  /** What may be spent now. */
  available: Money;
  /** The sum of all entries. */
  balance: Money;
  /** The sum of open holds. */
  held: Money;
  /** How far below zero may be spent. */
  creditLimit: Money;
}

/** The line under an available amount: available = balance − held + credit limit. */
export function Formula({ available, balance, held, creditLimit }: FormulaProps): JSX.Element {
  const words = WORDS.formula;
  return (
    <p class="formula soft">
      <Term word={words.available} money={available} /> ={" "}
      <Term word={words.balance} money={balance} /> − <Term word={words.held} money={held} /> +{" "}
      <Term word={words.creditLimit} money={creditLimit} />
    </p>
  );
}

function Term({ word, money }: { word: string; money: Money }): JSX.Element {
  return (
    <span class="term">
      {word} <MoneyText money={money} />
    </span>
  );
}
