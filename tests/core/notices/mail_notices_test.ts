import assert from "node:assert/strict";
import { changeAccount } from "../../../core/billing/open_account.ts";
import { type Job, listJobs } from "../../../core/jobs/job.ts";
import { createMailer } from "../../../core/mailer.ts";
import { MAIL_RETRIES_MS } from "../../../core/notices/mail_notices.ts";
import { secret } from "../../../core/secret.ts";
import { addQuickPerson } from "../../support/app.ts";
import { type NoticeWorld, openNoticeWorld } from "../../support/notice_world.ts";
import { openSmtpServer } from "../../support/smtp_server.ts";

async function openMailWorld(url: string): Promise<NoticeWorld> {
  const mailer = createMailer({ smtpUrl: secret(url), from: "billing@example.com" });
  const world = await openNoticeWorld({ mailer });
  await addQuickPerson(world, { email: "ada@example.com", role: "admin" });
  await addQuickPerson(world, { email: "bob@example.com", role: "viewer" });
  await changeAccount(world.deps, {
    accountId: "acme",
    change: { email: "acme@customer.example" },
    actor: "test",
  });
  return world;
}

async function mailJobs({ deps }: NoticeWorld): Promise<Job[]> {
  const { rows } = (await listJobs(deps.store, { limit: 90 }))!;
  return rows.map(({ value }) => value).filter(({ kind }) => kind === "mail_notice");
}

Deno.test("a notice is mailed to admins and to the account it is about, one message each", async () => {
  await using server = openSmtpServer();
  await using world = await openMailWorld(server.url);
  await world.tell("a");
  await world.send();
  await world.send();
  assert.deepEqual(server.mails.map(({ to }) => to).sort(), [
    ["acme@customer.example"],
    ["ada@example.com"],
  ]);
  const textTo = (email: string) => server.mails.find(({ to }) => to[0] === email)!.text;
  assert.match(textTo("ada@example.com"), /^Subject: Title of a$/m);
  assert.match(textTo("ada@example.com"), /https:\/\/billing\.example\.com\/admin\/accounts\/acme/);
  assert.doesNotMatch(textTo("acme@customer.example"), /https:/);
  assert((await mailJobs(world)).every(({ state }) => state === "done"));
});

Deno.test("what is about carriers is mailed to admins alone", async () => {
  await using server = openSmtpServer();
  await using world = await openMailWorld(server.url);
  await world.tell("a", { kind: "cost_not_found" });
  await world.tell("b", { kind: "sync_failing", accountId: null });
  await world.send();
  assert.deepEqual(server.mails.map(({ to }) => to), [["ada@example.com"], ["ada@example.com"]]);
});

Deno.test("without a mail server nothing is mailed, and nothing waits to be", async () => {
  await using world = await openNoticeWorld();
  await addQuickPerson(world, { email: "ada@example.com", role: "admin" });
  await world.tell("a");
  await world.send();
  assert.deepEqual(await mailJobs(world), []);
});

Deno.test("a refused message is tried again, its reason stands in the jobs, and it ends failed", async () => {
  await using server = openSmtpServer();
  server.answers.RCPT = "451 4.7.1 try later";
  await using world = await openMailWorld(server.url);
  await world.tell("a", { kind: "sync_failing", accountId: null });
  await world.send();
  const [job] = await mailJobs(world);
  assert.equal(job!.state, "pending");
  assert.equal(job!.lastError, "the mail server refused the sender or the recipient (451)");
  for (const waitMs of MAIL_RETRIES_MS) {
    world.clock.advance(waitMs);
    await world.send();
  }
  const [ended] = await mailJobs(world);
  assert.deepEqual([ended!.state, ended!.attempts], ["failed", MAIL_RETRIES_MS.length + 1]);
});

Deno.test("one recipient that is refused does not make the other hear it twice", async () => {
  await using server = openSmtpServer();
  await using world = await openMailWorld(server.url);
  await changeAccount(world.deps, {
    accountId: "acme",
    change: { email: "gone@customer.example" },
    actor: "test",
  });
  server.answers.RCPT = "550 no";
  await world.tell("a");
  await world.send();
  delete server.answers.RCPT;
  world.clock.advance(60_000);
  await world.send();
  world.clock.advance(3_600_000);
  await world.send();
  assert.equal(server.mails.length, 2);
});
