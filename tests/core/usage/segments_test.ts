import assert from "node:assert/strict";
import { SegmentedMessage } from "sms-segments-calculator";
import { countSegments } from "../../../core/usage/segments.ts";
import { seeded } from "../../support/world.ts";

interface Vector {
  id: string;
  text: string;
  expected: { encoding: "GSM-7" | "UCS-2"; units: number; segments: number };
}

const { vectors }: { vectors: Vector[] } = JSON.parse(
  await Deno.readTextFile(
    new URL("../../fixtures/sms_segment_vectors.json", import.meta.url),
  ),
);

Deno.test("every vector has its encoding, its units and its parts", async () => {
  assert.equal(vectors.length, 41);
  for (const { id, text, expected } of vectors) {
    assert.deepEqual(await countSegments(text), expected, id);
  }
});

Deno.test("an empty text is one message in one part", async () => {
  assert.deepEqual(await countSegments(""), { encoding: "GSM-7", units: 0, segments: 1 });
});

Deno.test("texts counted here and texts counted by the calculator come to the same", async () => {
  const random = seeded(7);
  const pieces = [
    ..."aZ09 .@£€{}~\n\r\fÇçñàß",
    "\r\n",
    ..."яёŒőІ—’…ΔωΩ`\t",
    "😀",
    "e\u0301",
    "👨‍👩‍👧",
    "🇪🇪",
    "각",
    "ก็",
    "\u200d",
  ];
  const draw = (among: readonly string[]) => among[Math.floor(random() * among.length)]!;
  for (let i = 0; i < 600; i++) {
    // Some texts hold few letters, so that long ones of the GSM alphabet come up too.
    const some = Array.from({ length: 1 + Math.floor(random() * 4) }, () => draw(pieces));
    const length = 60 + Math.floor(random() * 300);
    const text = Array.from({ length }, () => draw(some)).join("");
    const theirs = new SegmentedMessage(text);
    const ours = await countSegments(text);
    assert.equal(ours.segments, theirs.segmentsCount, JSON.stringify(text));
    assert.equal(ours.encoding, theirs.encodingName, JSON.stringify(text));
  }
});
