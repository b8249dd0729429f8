import assert from "node:assert/strict";
import { createMailer } from "../../core/mailer.ts";
import { secret } from "../../core/secret.ts";
import { openSmtpServer } from "../support/smtp_server.ts";

const MAIL = { to: "ada@example.com", subject: "A title", text: "Line one\n.\nLine three ü\n" };
const mailerOf = ({ url }: { url: string }, from = "Billing <billing@example.com>") =>
  createMailer({ smtpUrl: secret(url), from });

Deno.test("a message goes to its one recipient, with subject and text", async () => {
  await using server = openSmtpServer();
  assert.deepEqual(await mailerOf(server).send(MAIL), { status: "sent" });
  const [mail] = server.mails;
  assert.deepEqual([mail!.from, mail!.to], ["billing@example.com", ["ada@example.com"]]);
  assert.match(mail!.text, /^From: Billing <billing@example.com>$/m);
  assert.match(mail!.text, /^To: ada@example.com$/m);
  assert.match(mail!.text, /^Subject: A title$/m);
  assert.match(mail!.text, /Line one/);
});

Deno.test("user and password of the address are used, and never appear in a reason", async () => {
  await using server = openSmtpServer({ login: "user:pass-word" });
  assert.deepEqual(await mailerOf(server).send(MAIL), { status: "sent" });
  const wrong = server.url.replace("pass-word", "guess-work");
  const answer = await mailerOf({ url: wrong }).send(MAIL);
  assert.deepEqual(answer, {
    status: "not_sent",
    reason: "the mail server did not accept user and password (535)",
  });
});

Deno.test("neither a subject nor an address can add headers or recipients", async () => {
  await using server = openSmtpServer();
  const subject = "One\r\nBcc: eve@example.com\u0000";
  await mailerOf(server).send({ ...MAIL, subject });
  assert.match(server.mails[0]!.text, /^Subject: One Bcc: eve@example.com ?$/m);
  await mailerOf(server).send({ ...MAIL, to: "ada@example.com, eve@example.com" });
  assert(!server.mails.some(({ to }) => to.includes("eve@example.com")));
});

Deno.test("what a server refuses comes back as a reason with its code", async () => {
  await using server = openSmtpServer();
  server.answers.RCPT = "550 5.1.1 no such ada@example.com";
  assert.deepEqual(await mailerOf(server).send(MAIL), {
    status: "not_sent",
    reason: "the mail server refused the sender or the recipient (550)",
  });
  server.answers.RCPT = "250 ok";
  server.answers["."] = "451 4.3.0 later";
  assert.deepEqual(await mailerOf(server).send(MAIL), {
    status: "not_sent",
    reason: "the mail server refused the message (451)",
  });
});

Deno.test("a server that is not there is a reason", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assert.deepEqual(await mailerOf({ url: `smtp://127.0.0.1:${port}` }).send(MAIL), {
    status: "not_sent",
    reason: "the mail server could not be reached",
  });
});
