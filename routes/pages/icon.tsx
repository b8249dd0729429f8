/**
 * One icon of the sprite, for the eye only: the words beside it say what it means.
 *
 * @module
 */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { AssetPath } from "../static_files.ts";

/** The symbols of `static/icons.svg`. */
export const ICON_NAMES = [
  "mark",
  "overview",
  "accounts",
  "phone",
  "message",
  "wallet",
  "receipt",
  "tags",
  "scale",
  "jobs",
  "inbox",
  "bell",
  "scroll",
  "settings",
  "alert",
  "check",
  "info",
  "search",
  "download",
  "sync",
  "menu",
  "sign-out",
] as const;

/** One of {@link ICON_NAMES}. */
export type IconName = typeof ICON_NAMES[number];

/** What {@link Icon} needs. */
export interface IconProps {
  /** Where the sprite is. */
  assets: AssetPath;
  /** Which symbol. */
  name: IconName;
}

/** Draws a symbol in the colour and, by CSS, the size of the text around it. */
export function Icon({ assets, name }: IconProps): JSX.Element {
  return (
    <svg class="icon" aria-hidden="true" width="18" height="18">
      <use href={`${assets("icons.svg")}#${name}`}></use>
    </svg>
  );
}
