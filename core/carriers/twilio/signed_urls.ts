/**
 * The URL that Twilio signed, as far as the receiver can know it.
 *
 * Everything here cuts text: a URL that was parsed and written again is another one.
 *
 * @module
 */

/**
 * The URL of a request as Twilio sees it: the configured base, then the path and query as they came.
 *
 * Behind a proxy the request itself says another scheme and host; neither they nor any `X-Forwarded-*`
 * header are believed. The base may have a path that the proxy takes away, with or without a slash
 * at its end.
 */
export function publicUrlOf(
  { publicUrl, requestUrl }: { publicUrl: string; requestUrl: string },
): string {
  const target = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^#]*)/i.exec(requestUrl)?.[1] ?? "";
  return publicUrl.replace(/\/{1,99}$/, "") + target;
}

/**
 * Every spelling of a URL that Twilio may have signed; empty when the text is no http URL.
 *
 * Never with credentials or fragment. With and without the port, since Twilio drops it for voice over
 * HTTPS and keeps it for messages; a URL without one is tried with its scheme's own, as the official
 * helper does. A query whose apostrophes were encoded on the way is tried with bare ones, too.
 * Source: Twilio documentation, "Webhooks security"; npm twilio 6.2.0, `lib/webhooks/webhooks.js`.
 */
export function signedUrls(url: string): string[] {
  const match = URL_PARTS.exec(url);
  if (!match) return [];
  const [, scheme = "", host = "", port, target = ""] = match;
  const ownPort = scheme.toLowerCase() === "https:" ? "443" : "80";
  const authorities = [host, `${host}:${port ?? ownPort}`];
  const targets = new Set([target, withBareApostrophes(target)]);
  return [...targets].flatMap((each) =>
    authorities.map((authority) => `${scheme}//${authority}${each}`)
  );
}

const URL_PARTS =
  /^(https?:)\/\/(?:[^/?#]*@)?(\[[^\]/?#@]*\]|[^/?#:@[\]]+)(?::(\d{1,5}))?((?:[/?][^#]*)?)(?:#.*)?$/is;

function withBareApostrophes(target: string): string {
  const at = target.indexOf("?");
  return at < 0 ? target : target.slice(0, at) + target.slice(at).replaceAll("%27", "'");
}
