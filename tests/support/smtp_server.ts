/**
 * A mail server on loopback, as much of SMTP as a sender sees: it keeps what it is handed and refuses what
 * a test says.
 *
 * @module
 */

/** A message as it was handed over. */
export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body, as they travelled. */
  text: string;
}

/** A running mail server; dispose of it. */
export interface SmtpServer extends AsyncDisposable {
  /** As `SMTP_URL` names it. */
  url: string;
  mails: ReceivedMail[];
  /** An answer in place of the usual one, by the command's first word. */
  answers: Record<string, string>;
  /** Every command, in order. */
  commands: string[];
}

/** Listens on a free port. With `login` only that user and password, as `user:password`, get in. */
export function openSmtpServer({ login }: { login?: string } = {}): SmtpServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const mails: ReceivedMail[] = [];
  const answers: Record<string, string> = {};
  const commands: string[] = [];
  const talks = new Set<Promise<void>>();

  async function talk(connection: Deno.TcpConn): Promise<void> {
    const say = (line: string) => connection.write(new TextEncoder().encode(`${line}\r\n`));
    const mail: ReceivedMail = { from: "", to: [], text: "" };
    let isBody = false;
    await say("220 test ESMTP");
    for await (const line of linesOf(connection)) {
      if (isBody) {
        if (line !== ".") mail.text += `${line}\n`;
        else {
          isBody = false;
          mails.push({ ...mail, to: [...mail.to] });
          await say(answers["."] ?? "250 taken");
        }
        continue;
      }
      commands.push(line);
      const [word = ""] = line.toUpperCase().split(" ");
      const refusal = answers[word];
      if (refusal !== undefined) await say(refusal);
      else if (word === "EHLO") {
        await say(login === undefined ? "250 test" : "250-test\r\n250 AUTH PLAIN");
      } else if (word === "AUTH") {
        const given = atob(line.split(" ")[2] ?? "").split("\u0000").slice(1).join(":");
        await say(given === login ? "235 in" : "535 5.7.8 who are you, really");
      } else if (word === "MAIL") {
        mail.from = addressOf(line);
        await say("250 ok");
      } else if (word === "RCPT") {
        mail.to.push(addressOf(line));
        await say("250 ok");
      } else if (word === "DATA") {
        isBody = true;
        await say("354 go on");
      } else if (word === "QUIT") {
        await say("221 bye");
        return;
      } else await say("250 ok");
    }
  }
  async function accept(): Promise<void> {
    for await (const connection of listener) {
      const one = talk(connection).catch(() => {}).finally(() => {
        connection.close();
        talks.delete(one);
      });
      talks.add(one);
    }
  }
  const accepting = accept();
  const user = login === undefined ? "" : `${login}@`;
  return {
    url: `smtp://${user}127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    mails,
    answers,
    commands,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await accepting;
      await Promise.all(talks);
    },
  };
}

const addressOf = (line: string): string => /<([^>]*)>/.exec(line)?.[1] ?? "";

async function* linesOf(connection: Deno.TcpConn): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(4_096);
  let rest = "";
  while (true) {
    const count = await connection.read(bytes);
    if (count === null) return;
    rest += decoder.decode(bytes.subarray(0, count), { stream: true });
    const lines = rest.split("\r\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
