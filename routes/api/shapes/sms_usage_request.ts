/**
 * Reported usage as it comes: one message, up to a thousand, or the seed's aggregate.
 *
 * @module
 */
import { z } from "zod";
import { amountFromZeroField, instantField } from "./fields.ts";
import {
  accountIdField,
  computedAmountField,
  countryField,
  messageCountField,
  numberField,
  prefixField,
  segmentsField,
  textField,
} from "./sms_fields.ts";

/** Messages of one request. */
export const MESSAGES_MAX = 1_000;

const messageMembers = {
  messageId: z.string().regex(/^[\x21-\x7e]{1,64}$/, "must be 1 to 64 printable ASCII letters")
    .optional(),
  accountId: accountIdField.optional(),
  to: numberField.optional(),
  from: numberField.optional(),
  segments: segmentsField.optional(),
  text: textField.optional(),
  cost: amountFromZeroField.optional()
    .meta({ description: "Charged as it is, in the account's currency", example: "0.0075" }),
  currency: z.string().regex(/^[A-Z]{3}$/, "must be three capital letters, such as USD").optional(),
  sentAt: instantField.optional().meta({ description: "Now when left out" }),
};

const reportedMessage = z.strictObject({ ...messageMembers, to: numberField })
  .meta({ id: "SmsMessageReport" });

/** One message, `messages`, or the aggregate; which of them is told by the members there are. */
export const usageRequest = z.strictObject({
  ...messageMembers,
  messages: z.array(reportedMessage).min(1).max(MESSAGES_MAX).optional(),
  userId: accountIdField.optional().meta({ description: "Of an aggregate: the account" }),
  messageCount: messageCountField.optional().meta({ description: "Of an aggregate" }),
  totalCost: computedAmountField.optional().meta({ description: "Of an aggregate: of all of it" }),
  country: countryField.nullable().optional().meta({ description: "Of an aggregate" }),
  prefix: prefixField.nullable().optional().meta({ description: "Of an aggregate" }),
}).superRefine(refuseMixed).meta({ id: "SmsUsageRequest" });

/** A request as it was read. */
export type UsageRequest = z.output<typeof usageRequest>;
/** One message of it. */
export type ReportedMessage = Pick<UsageRequest, keyof typeof messageMembers>;

const AGGREGATE_MEMBERS = ["userId", "messageCount", "totalCost", "country", "prefix"] as const;
const MESSAGE_MEMBERS = Object.keys(messageMembers) as (keyof typeof messageMembers)[];
/** The aggregate may name its account in either way, and the currency and time of its messages. */
const AGGREGATE_TOO: readonly string[] = ["accountId", "currency", "sentAt"];

/** Whether it has a member that only an aggregate has. */
export function isAggregate(body: object): boolean {
  return AGGREGATE_MEMBERS.some((name) => (body as Record<string, unknown>)[name] !== undefined);
}

function refuseMixed(body: Record<string, unknown>, ctx: z.RefinementCtx): void {
  const refuse = (name: string, message: string) =>
    ctx.addIssue({ code: "custom", path: [name], message });
  const given = (name: string) => body[name] !== undefined;
  if (given("messages")) {
    const others = [...MESSAGE_MEMBERS, ...AGGREGATE_MEMBERS].filter(given);
    for (const name of others) refuse(name, "does not go with messages");
  } else if (isAggregate(body)) {
    for (const name of ["messageCount", "totalCost"]) if (!given(name)) refuse(name, "is missing");
    const others = MESSAGE_MEMBERS.filter((name) => given(name) && !AGGREGATE_TOO.includes(name));
    for (const name of others) refuse(name, "does not go with an aggregate");
  } else if (!given("to")) refuse("to", "is missing");
}
