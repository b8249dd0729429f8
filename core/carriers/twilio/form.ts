/**
 * A form body read by hand: every parameter, in the order sent, repeated and empty ones included.
 *
 * The runtime's own reader replaces broken UTF-8 and drops byte order marks without a word, and then
 * a signature over what was sent no longer fits what was read.
 *
 * @module
 */

/** One `name=value`, decoded and untrimmed; without a `=` the value is empty. */
export interface FormParameter {
  /** Before the first `=`. */
  name: string;
  /** After it. */
  value: string;
}

/**
 * The parameters of `application/x-www-form-urlencoded` bytes.
 *
 * `+` is a space, `%41` a byte, and a `%` that two hex digits do not follow stays itself; empty pieces
 * between two `&` are no parameters. `not_utf8` when the decoded bytes are not UTF-8.
 */
export function parseForm(
  body: Uint8Array,
): { status: "form"; parameters: FormParameter[] } | { status: "not_utf8" } {
  try {
    const pieces = decodeUtf8(body).split("&").filter((piece) => piece !== "");
    return { status: "form", parameters: pieces.map(parseParameter) };
  } catch {
    return { status: "not_utf8" };
  }
}

/** The body that says these parameters, in their order. */
export function formatForm(parameters: readonly FormParameter[]): string {
  const encode = (text: string) => encodeURIComponent(text).replaceAll("%20", "+");
  return parameters.map(({ name, value }) => `${encode(name)}=${encode(value)}`).join("&");
}

function parseParameter(piece: string): FormParameter {
  const at = piece.indexOf("=");
  if (at < 0) return { name: decodePart(piece), value: "" };
  return { name: decodePart(piece.slice(0, at)), value: decodePart(piece.slice(at + 1)) };
}

function decodePart(part: string): string {
  const spaced = part.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  const bytes = new TextEncoder().encode(spaced);
  const decoded = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = readHexByte(bytes, at);
    decoded[length++] = byte ?? bytes[at] ?? 0;
    if (byte !== null) at += 2;
  }
  return decodeUtf8(decoded.subarray(0, length));
}

const PERCENT = 0x25;

/** The byte that `%41` at this place stands for; null when no such thing stands there. */
function readHexByte(bytes: Uint8Array, at: number): number | null {
  if (bytes[at] !== PERCENT) return null;
  const [high, low] = [hexDigit(bytes[at + 1]), hexDigit(bytes[at + 2])];
  return high === null || low === null ? null : high * 16 + low;
}

function hexDigit(code: number | undefined): number | null {
  const digit = code === undefined ? NaN : "0123456789abcdef".indexOf(
    String.fromCharCode(code).toLowerCase(),
  );
  return digit >= 0 ? digit : null;
}

// A byte order mark inside a value is signed like any other character.
function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}
