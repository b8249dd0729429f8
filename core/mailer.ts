/**
 * The door to a mail server: one message at a time over SMTP.
 *
 * @module
 */
import { createTransport, type NodemailerError } from "nodemailer";
import { SECOND_MS } from "./clock.ts";
import type { Secret } from "./secret.ts";

/** One message to one person. */
export interface Mail {
  /** A bare address. */
  to: string;
  /** One line. */
  subject: string;
  /** Plain text. */
  text: string;
}

/** What came of a message. */
export type MailAnswer =
  | { status: "sent" }
  | {
    /** The server may have taken it all the same when the connection broke. */
    status: "not_sent";
    /** A short phrase without addresses or secrets. */
    reason: string;
  };

/** Sends mail. */
export interface Mailer {
  /** Hands a message to the server; never throws for what the server does. */
  send(mail: Mail): Promise<MailAnswer>;
}

const TIMEOUT_MS = 15 * SECOND_MS;

/** A mailer over a server's address such as `smtps://user:password@host:465`; a connection a message. */
export function createMailer(
  { smtpUrl, from }: { smtpUrl: Secret; from: string },
): Mailer {
  const transport = createTransport({
    url: smtpUrl.reveal(),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ to, subject, text }) => {
      try {
        // As an object, an address cannot turn into a list of them.
        await transport.sendMail({
          from,
          to: { name: "", address: to },
          subject: oneLine(subject),
          text,
        });
        return { status: "sent" };
      } catch (error) {
        return { status: "not_sent", reason: describeFailure(error as NodemailerError) };
      }
    },
  };
}

const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, " ").slice(0, 200);

// The library's messages quote what the server said, and with it addresses: only its codes are passed on.
const FAILURES: Record<string, string> = {
  EAUTH: "the mail server did not accept user and password",
  ENOAUTH: "the mail server wants a user and a password",
  EDNS: "the mail server's name was not found",
  ECONNECTION: "the mail server closed the connection",
  ESOCKET: "the mail server could not be reached",
  ETIMEDOUT: "the mail server did not answer in time",
  ETLS: "no secure connection to the mail server",
  EENVELOPE: "the mail server refused the sender or the recipient",
  EMESSAGE: "the mail server refused the message",
  EPROTOCOL: "the mail server's answer was not understood",
};

function describeFailure(error: { code?: unknown; responseCode?: unknown }): string {
  const words = FAILURES[String(error.code)] ?? "the message could not be sent";
  return typeof error.responseCode === "number" ? `${words} (${error.responseCode})` : words;
}
