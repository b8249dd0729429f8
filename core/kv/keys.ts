/**
 * Every key of the database, one builder each.
 *
 * Parts are strings only; parts that must sort (times, sequence numbers) have a fixed width, so byte
 * order is their order. `_by_` names an index, whose value is a pointer and never a copy. A row under
 * a gate (a wallet, a carrier's intake) is only written in a commit that checks and sets the gate.
 *
 * @module
 */

/** A key: string parts only. */
export type Key = readonly string[];

/** The longest external id that may become a part of a key. */
export const ID_LENGTH_MAX = 64;

const order = (n: number, width: number) => String(n).padStart(width, "0");
/** An instant as a part that sorts: milliseconds, fifteen digits. */
export const timePart = (ms: number): string => order(ms, 15);
/** A sequence number as a part that sorts: twelve digits. */
export const seqPart = (seq: number): string => order(seq, 12);

/** Gate: everything under one wallet. */
export const walletKey = (accountId: string): Key => ["wallet", accountId];
/** All wallets, by account. */
export const walletPrefix: Key = ["wallet"];
/** Gate: whose a call of this carrier is, and what we know of it. */
export const intakeKey = (carrier: string): Key => ["carrier_intake", carrier];

/** A customer of the reseller. */
export const accountKey = (accountId: string): Key => ["account", accountId];
/** All customers, by id. */
export const accountPrefix: Key = ["account"];
/** What a customer entrusted to us and nobody reads back: carrier keys. */
export const accountSecretKey = (accountId: string): Key => ["account_secret", accountId];
/** Index: accounts that bring their own Bland key. */
export const accountWithBlandKeyKey = (
  accountId: string,
): Key => ["account_with_bland_key", accountId];
/** See {@link accountWithBlandKeyKey}. */
export const accountWithBlandKeyPrefix: Key = ["account_with_bland_key"];
/** Who held an E.164 number, and when. */
export const numberKey = (number: string): Key => ["number", number];
/** Index: the numbers of an account. */
export const numberByAccountKey = (accountId: string, number: string): Key => [
  "number_by_account",
  accountId,
  number,
];
/** See {@link numberByAccountKey}. */
export const numberByAccountPrefix = (accountId: string): Key => ["number_by_account", accountId];

/** Under the wallet: one ledger line. */
export const entryKey = (accountId: string, seq: number): Key => ["entry", accountId, seqPart(seq)];
/** Under the wallet: its ledger in order. */
export const entryPrefix = (accountId: string): Key => ["entry", accountId];
/** Under the wallet: what one UTC day's entries add up to. */
export const dayTotalKey = (day: string, accountId: string): Key => ["day_total", day, accountId];
/** Totals of all wallets that moved on a UTC day. */
export const dayTotalPrefix = (day: string): Key => ["day_total", day];
/** The sum over all wallets of a UTC day that can no longer change. */
export const closedDayKey = (day: string): Key => ["closed_day", day];
/** Under the wallet: free minutes used in one month of the account's zone. */
export const freeMinutesKey = (accountId: string, service: string, month: string): Key => [
  "free_minutes",
  accountId,
  service,
  month,
];
/** What a money request with this Idempotency-Key answered; it lives as long as its entry. */
export const moneyRequestKey = (caller: string, key: string): Key => ["money_request", caller, key];

/** What a carrier said about one call. Written under the carrier's intake. */
export const callKey = (callId: string): Key => ["call", callId];
/** Index: all calls by start. */
export const callByTimeKey = (startedAtMs: number, callId: string): Key => [
  "call_by_time",
  timePart(startedAtMs),
  callId,
];
/** See {@link callByTimeKey}. */
export const callByTimePrefix: Key = ["call_by_time"];
/** Index: an account's calls by start. */
export const callByAccountKey = (accountId: string, startedAtMs: number, callId: string): Key => [
  "call_by_account",
  accountId,
  timePart(startedAtMs),
  callId,
];
/** See {@link callByAccountKey}. */
export const callByAccountPrefix = (accountId: string): Key => ["call_by_account", accountId];
/** Index: calls nobody owns yet, by the number or account id that would claim them. */
export const unassignedCallKey = (party: string, startedAtMs: number, callId: string): Key => [
  "unassigned_call_by_party",
  party,
  timePart(startedAtMs),
  callId,
];
/** See {@link unassignedCallKey}. */
export const unassignedCallPrefix = (party?: string): Key =>
  party === undefined ? ["unassigned_call_by_party"] : ["unassigned_call_by_party", party];
/** Index: calls a carrier has not ended yet, read again one by one until it has. */
export const openCallKey = (
  sourceId: string,
  callId: string,
): Key => ["open_call", sourceId, callId];
/** See {@link openCallKey}. */
export const openCallPrefix = (sourceId: string): Key => ["open_call", sourceId];

/** What we charged for a call. Under the wallet. */
export const chargeKey = (callId: string): Key => ["charge", callId];
/** Work: this revision of a call is not billed yet. */
export const callDueKey = (
  accountId: string,
  startedAtMs: number,
  callId: string,
  revision: number,
): Key => ["call_due", accountId, timePart(startedAtMs), callId, order(revision, 6)];
/** See {@link callDueKey}. */
export const callDuePrefix = (accountId?: string): Key =>
  accountId === undefined ? ["call_due"] : ["call_due", accountId];
/** Under the wallet: a call that waits for money, oldest first. */
export const callWaitingKey = (accountId: string, startedAtMs: number, callId: string): Key => [
  "call_waiting",
  accountId,
  timePart(startedAtMs),
  callId,
];
/** See {@link callWaitingKey}. */
export const callWaitingPrefix = (accountId: string): Key => ["call_waiting", accountId];
/** Index: wallets in which calls wait for money. */
export const walletWaitingKey = (accountId: string): Key => ["wallet_waiting", accountId];
/** See {@link walletWaitingKey}. */
export const walletWaitingPrefix: Key = ["wallet_waiting"];
/** Index: calls that cannot be billed until somebody changes something. */
export const callParkedKey = (
  accountId: string,
  callId: string,
): Key => ["call_parked", accountId, callId];
/** See {@link callParkedKey}. */
export const callParkedPrefix: Key = ["call_parked"];

/** What we sell at. */
export const ratePlanKey = (planId: string): Key => ["rate_plan", planId];
/** All rate plans. */
export const ratePlanPrefix: Key = ["rate_plan"];

/** How far a carrier key has been read. */
export const cursorKey = (sourceId: string): Key => ["cursor", sourceId];
/** All cursors. */
export const cursorPrefix: Key = ["cursor"];
/** Who does a piece of work until when. */
export const leaseKey = (name: string): Key => ["lease", name];
/** Proof that the database keeps what it is given. */
export const bootKey: Key = ["boot"];
/** When the minute tick last ran. */
export const tickKey: Key = ["tick"];

/** One webhook delivery. */
export const eventKey = (eventId: string): Key => ["event", eventId];
/** Index: deliveries by arrival. */
export const eventByTimeKey = (receivedAtMs: number, eventId: string): Key => [
  "event_by_time",
  timePart(receivedAtMs),
  eventId,
];
/** See {@link eventByTimeKey}. */
export const eventByTimePrefix: Key = ["event_by_time"];
/** Work: deliveries not processed yet, by arrival. */
export const eventDueKey = (receivedAtMs: number, eventId: string): Key => [
  "event_due",
  timePart(receivedAtMs),
  eventId,
];
/** See {@link eventDueKey}. */
export const eventDuePrefix: Key = ["event_due"];
/** How many deliveries a sender had refused on a UTC day. */
export const refusedDeliveryKey = (
  carrier: string,
  day: string,
): Key => ["refused_delivery", carrier, day];

/** A durable piece of work. */
export const jobKey = (jobId: string): Key => ["job", jobId];
/** All jobs, newest id last. */
export const jobPrefix: Key = ["job"];
/** Work: jobs by due time. */
export const jobDueKey = (
  dueAtMs: number,
  jobId: string,
): Key => ["job_due", timePart(dueAtMs), jobId];
/** See {@link jobDueKey}. */
export const jobDuePrefix: Key = ["job_due"];
/** Index: the job of a kind that stands for one thing. */
export const jobByUniqueKey = (
  kind: string,
  unique: string,
): Key => ["job_by_unique", kind, unique];
/** What a verification of the ledger found. */
export const verificationKey = (id: string): Key => ["ledger_verification", id];
/** All verifications. */
export const verificationPrefix: Key = ["ledger_verification"];

/** Somebody who signs in to the admin pages. */
export const personKey = (email: string): Key => ["person", email];
/** All people. */
export const personPrefix: Key = ["person"];
/** A signed-in browser, by the hash of its token. */
export const sessionKey = (tokenHash: string): Key => ["session", tokenHash];
/** An account's API key, by its hash. */
export const apiKeyKey = (keyHash: string): Key => ["api_key", keyHash];
/** Index: the API keys of an account. */
export const apiKeyByAccountKey = (accountId: string, keyId: string): Key => [
  "api_key_by_account",
  accountId,
  keyId,
];
/** See {@link apiKeyByAccountKey}. */
export const apiKeyByAccountPrefix = (accountId: string): Key => ["api_key_by_account", accountId];
/** Sign-ins: attempts counted in a window of time, and addresses known from before. */
export const throttleKey = (
  what: string,
  who: string,
  window: string,
): Key => ["throttle", what, who, window];
/** Who changed what by hand. */
export const auditKey = (id: string): Key => ["audit", id];
/** All changes by hand, oldest first. */
export const auditPrefix: Key = ["audit"];

/** What a carrier said about one message. Written under the carrier's intake. */
export const messageKey = (messageId: string): Key => ["message", messageId];
/** Index: all messages by sending. */
export const messageByTimeKey = (sentAtMs: number, messageId: string): Key => [
  "message_by_time",
  timePart(sentAtMs),
  messageId,
];
/** See {@link messageByTimeKey}. */
export const messageByTimePrefix: Key = ["message_by_time"];
/** Index: an account's messages by sending. */
export const messageByAccountKey = (
  accountId: string,
  sentAtMs: number,
  messageId: string,
): Key => ["message_by_account", accountId, timePart(sentAtMs), messageId];
/** See {@link messageByAccountKey}. */
export const messageByAccountPrefix = (accountId: string): Key => ["message_by_account", accountId];
/** Index: messages nobody owns yet, by the number that would claim them. */
export const unassignedMessageKey = (party: string, sentAtMs: number, messageId: string): Key => [
  "unassigned_message_by_party",
  party,
  timePart(sentAtMs),
  messageId,
];
/** See {@link unassignedMessageKey}. */
export const unassignedMessagePrefix = (party?: string): Key =>
  party === undefined ? ["unassigned_message_by_party"] : ["unassigned_message_by_party", party];
/** Work: this revision of a message is not rated yet. */
export const messageDueKey = (
  accountId: string,
  sentAtMs: number,
  messageId: string,
  revision: number,
): Key => ["message_due", accountId, timePart(sentAtMs), messageId, order(revision, 6)];
/** See {@link messageDueKey}. */
export const messageDuePrefix: Key = ["message_due"];
/** What we charge for a message, by its bill. Under the wallet. */
export const messageChargeKey = (messageId: string): Key => ["message_charge", messageId];
/** How many of a carrier's calls of a UTC day we heard of by webhook, and by looking. */
export const heardDayKey = (carrier: string, day: string): Key => ["heard_day", carrier, day];
/** Index: the call that a carrier's handle of one leg belongs to. */
export const callByControlKey = (carrier: string, controlId: string): Key => [
  "call_by_control",
  carrier,
  controlId,
];
/** A carrier's balance as last told. */
export const carrierBalanceKey = (carrier: string): Key => ["carrier_balance", carrier];
/** Until when a carrier wants to be left alone. */
export const carrierPauseKey = (carrier: string): Key => ["carrier_pause", carrier];
/** When a carrier was last asked about many things of a kind at once, and when it may be again. */
export const carrierTurnKey = (
  carrier: string,
  kind: string,
): Key => ["carrier_turn", carrier, kind];
/** Whether a carrier's account has records of a type. */
export const recordTypeKey = (
  carrier: string,
  recordType: string,
): Key => ["record_type", carrier, recordType];
/** The last balance a carrier told on a UTC day. */
export const carrierBalanceDayKey = (carrier: string, day: string): Key => [
  "carrier_balance_by_day",
  carrier,
  day,
];
/** What comparing a carrier's UTC day with its own records came to. */
export const reconciliationKey = (carrier: string, day: string): Key => [
  "reconciliation",
  carrier,
  day,
];
/** All comparisons, of one carrier or of all. */
export const reconciliationPrefix = (carrier?: string): Key =>
  carrier === undefined ? ["reconciliation"] : ["reconciliation", carrier];
/** Index: comparisons by day, then carrier. */
export const reconciliationByDayKey = (day: string, carrier: string): Key => [
  "reconciliation_by_day",
  day,
  carrier,
];
/** See {@link reconciliationByDayKey}. */
export const reconciliationByDayPrefix: Key = ["reconciliation_by_day"];
/** A page of a carrier's records, kept while a comparison reads the others. */
export const recordPageKey = (readId: string, recordType: string, page: string): Key => [
  "record_page",
  readId,
  recordType,
  page,
];

/** Under the wallet: an SMS bill, from the first message it counts. */
export const smsBillKey = (billId: string): Key => ["sms_bill", billId];
/** Index: closed bills by closing. */
export const smsBillByTimeKey = (closedAtMs: number, billId: string): Key => [
  "sms_bill_by_time",
  timePart(closedAtMs),
  billId,
];
/** See {@link smsBillByTimeKey}. */
export const smsBillByTimePrefix: Key = ["sms_bill_by_time"];
/** Index: an account's closed bills by closing. */
export const smsBillByAccountKey = (
  accountId: string,
  closedAtMs: number,
  billId: string,
): Key => ["sms_bill_by_account", accountId, timePart(closedAtMs), billId];
/** See {@link smsBillByAccountKey}. */
export const smsBillByAccountPrefix = (accountId: string): Key => [
  "sms_bill_by_account",
  accountId,
];
/** Index: closed bills by where they stand, then by closing. */
export const smsBillByStatusKey = (status: string, closedAtMs: number, billId: string): Key => [
  "sms_bill_by_status",
  status,
  timePart(closedAtMs),
  billId,
];
/** See {@link smsBillByStatusKey}. */
export const smsBillByStatusPrefix = (status: string): Key => ["sms_bill_by_status", status];
/** Work: open bills by the boundary that closes them; those that wait for a threshold come last. */
export const smsBillDueKey = (untilMs: number | null, accountId: string, billId: string): Key => [
  "sms_bill_due",
  untilMs === null ? "never" : timePart(untilMs),
  accountId,
  billId,
];
/** See {@link smsBillDueKey}. */
export const smsBillDuePrefix: Key = ["sms_bill_due"];
/** Open bills that no boundary closes. */
export const smsBillThresholdPrefix: Key = ["sms_bill_due", "never"];
/** Under the wallet: how far an account's SMS billing is. */
export const smsAccountKey = (accountId: string): Key => ["sms_account", accountId];
/** How SMS is billed where an account has no terms of its own. */
export const smsSettingsKey: Key = ["sms_settings"];
/** Under the wallet: an account's own terms of SMS billing. */
export const smsAccountSettingsKey = (accountId: string): Key => [
  "sms_account_settings",
  accountId,
];
/** Under the wallet: which message counted what the reseller or a carrier calls by this id. */
export const smsUsageKey = (accountId: string, messageId: string): Key => [
  "sms_usage",
  accountId,
  messageId,
];

/** Something people should hear of. */
export const noticeKey = (noticeId: string): Key => ["notice", noticeId];
/** Index: notices by time. */
export const noticeByTimeKey = (atMs: number, noticeId: string): Key => [
  "notice_by_time",
  timePart(atMs),
  noticeId,
];
/** See {@link noticeByTimeKey}. */
export const noticeByTimePrefix: Key = ["notice_by_time"];
/** Work: notices that have not been sent out yet, by time. */
export const noticeDueKey = (atMs: number, noticeId: string): Key => [
  "notice_due",
  timePart(atMs),
  noticeId,
];
/** See {@link noticeDueKey}. */
export const noticeDuePrefix: Key = ["notice_due"];
/** Index: notices nobody has read yet, by time. */
export const noticeUnreadKey = (atMs: number, noticeId: string): Key => [
  "notice_unread",
  timePart(atMs),
  noticeId,
];
/** See {@link noticeUnreadKey}. */
export const noticeUnreadPrefix: Key = ["notice_unread"];
/** Index: an account's notices by time. */
export const noticeByAccountKey = (accountId: string, atMs: number, noticeId: string): Key => [
  "notice_by_account",
  accountId,
  timePart(atMs),
  noticeId,
];
/** See {@link noticeByAccountKey}. */
export const noticeByAccountPrefix = (accountId: string): Key => ["notice_by_account", accountId];
/** Where notices are posted to. */
export const webhookEndpointKey = (endpointId: string): Key => ["webhook_endpoint", endpointId];
/** All endpoints. */
export const webhookEndpointPrefix: Key = ["webhook_endpoint"];
/** What an endpoint's deliveries are signed with. */
export const webhookSecretKey = (endpointId: string): Key => ["webhook_secret", endpointId];
/** Index: an endpoint's deliveries by their cause's time; each points at its job. */
export const webhookDeliveryKey = (
  endpointId: string,
  atMs: number,
  deliveryId: string,
): Key => ["webhook_delivery", endpointId, timePart(atMs), deliveryId];
/** See {@link webhookDeliveryKey}. */
export const webhookDeliveryPrefix = (endpointId: string): Key => ["webhook_delivery", endpointId];

/** Index: bills for which Sippy was asked to pay, by the UTC day of the request. */
export const sippyBillByDayKey = (day: string, billId: string): Key => [
  "sippy_bill_by_day",
  day,
  billId,
];
/** See {@link sippyBillByDayKey}. */
export const sippyBillByDayPrefix = (day: string): Key => ["sippy_bill_by_day", day];
/** Whose reference stands in a debit's notes: the part behind `ref=`. */
export const sippyReferenceKey = (reference: string): Key => ["sippy_reference", reference];
/** How fast Sippy answered on a UTC day. */
export const sippyTimingKey = (day: string): Key => ["sippy_timing", day];
/** See {@link sippyTimingKey}. */
export const sippyTimingPrefix: Key = ["sippy_timing"];
/** Our debits of a UTC day held against Sippy's. */
export const debitComparisonKey = (day: string): Key => ["debit_comparison", day];
/** See {@link debitComparisonKey}. */
export const debitComparisonPrefix: Key = ["debit_comparison"];

/** Gate: a link into an account's portal. */
export const portalLinkKey = (accountId: string, linkId: string): Key => [
  "portal_link",
  accountId,
  linkId,
];
/** See {@link portalLinkKey}. */
export const portalLinkPrefix = (accountId: string): Key => ["portal_link", accountId];
/** Index: the portal link a token opens, by the token's hash. */
export const portalLinkByTokenKey = (tokenHash: string): Key => ["portal_link_by_token", tokenHash];
/** Gate: something a person does with many SMS bills at once; its id is its job's. */
export const billBulkKey = (bulkId: string): Key => ["sms_bill_bulk", bulkId];
