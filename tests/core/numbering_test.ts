import assert from "node:assert/strict";
import fc from "fast-check";
import { isE164, normalizeNumber, NUMBER_LENGTH_MAX } from "../../core/numbering.ts";

const ROWS: readonly [written: string, kept: string, why: string][] = [
  ["+37251234567", "+37251234567", "E.164 stays"],
  ["+1 (202) 555-0123", "+12025550123", "punctuation goes"],
  ["+390612345678", "+390612345678", "an Italian zero is part of the number"],
  ["+447911123456", "+447911123456", "Guernsey, not Britain, and the same number"],
  ["+870773111632", "+870773111632", "a global service has no country"],
  ["+99912345678", "+99912345678", "an unassigned code is told, not guessed"],
  ["2025550123", "+12025550123", "10 digits are American"],
  ["(202) 555-0123", "+12025550123", "punctuation within 10 digits"],
  ["12025550123", "+12025550123", "11 digits that begin with 1 are American"],
  ["5551234567", "+15551234567", "nobody has it, but it could be one"],
  ["37251234567", "+37251234567", "valid once it has its plus"],
  ["390612345678", "+390612345678", "valid once it has its plus, zero kept"],
  ["0123456789", "0123456789", "no area code begins with 0"],
  ["0037251234567", "0037251234567", "a dialling prefix is not guessed"],
  ["99912345678", "99912345678", "an unassigned code without a plus is no number"],
  ["12345", "12345", "a short code stays"],
  ["+12345", "+12345", "too short for a number"],
  ["anonymous", "anonymous", "a word stays"],
  ["user2025550123", "user2025550123", "digits in a word are no number"],
  ["sip:2025550123@example.com", "sip:2025550123@example.com", "an address stays"],
  ["٢٠٢٥٥٥٠١٢٣", "٢٠٢٥٥٥٠١٢٣", "other digits are no number"],
  ["", "", "nothing stays nothing"],
  ["no\r\n\u0000number\u0085", "nonumber", "control characters go"],
  ["  web-call  ", "web-call", "blanks around it go"],
];

for (const [written, kept, why] of ROWS) {
  Deno.test(`normalizeNumber(${JSON.stringify(written)}): ${why}`, () => {
    assert.equal(normalizeNumber(written), kept);
  });
}

Deno.test("normalizeNumber() keeps no more than 64 characters and no half of a pair", () => {
  assert.equal(normalizeNumber("x".repeat(65)), "x".repeat(NUMBER_LENGTH_MAX));
  assert.equal(normalizeNumber("x".repeat(63) + "😀"), "x".repeat(63) + "\ufffd");
});

Deno.test("normalizeNumber() changes nothing when it is applied again", () => {
  fc.assert(fc.property(
    fc.oneof(
      fc.string(),
      fc.stringMatching(/^[ab ]{60,70}$/),
      fc.stringMatching(/^\+?[0-9 ().-]{0,20}$/),
    ),
    (text) => {
      const once = normalizeNumber(text);
      assert.ok(once.length <= NUMBER_LENGTH_MAX);
      assert.equal(normalizeNumber(once), once);
    },
  ));
});

Deno.test("isE164() asks for a plus and 7 to 15 digits that do not begin with 0", () => {
  assert.ok(isE164("+1234567"));
  assert.ok(isE164("+123456789012345"));
  for (const text of ["+123456", "+1234567890123456", "12025550123", "+0123456789", "anonymous"]) {
    assert.ok(!isE164(text), text);
  }
});
