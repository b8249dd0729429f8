/**
 * Comforts. Every page works without this file; nothing here decides anything.
 */
const PAINT_MS = 1000;
const RETRY_MS = 1000;
const RETRY_MAX_MS = 30000;

/**
 * <live-progress src>: a job while it runs, from the server's events.
 *
 * `progress` {done, total, text} moves the bar, at most once a second: a screen reader reads it all.
 * `done` {text, href?, label?} shows the text and the link, or loads the page again.
 */
class LiveProgress extends HTMLElement {
  connectedCallback() {
    this.retryMs = RETRY_MS;
    this.open();
  }

  disconnectedCallback() {
    this.source?.close();
    clearTimeout(this.retryTimer);
    clearTimeout(this.paintTimer);
    this.paintTimer = undefined;
  }

  open() {
    const url = ownUrl(this.getAttribute("src"));
    if (!url) return;
    const source = this.source = new EventSource(url);
    source.addEventListener("open", () => this.retryMs = RETRY_MS);
    source.addEventListener("error", () => this.retry());
    source.addEventListener("progress", ({ data }) => this.take(JSON.parse(data)));
    source.addEventListener("done", ({ data }) => this.finish(JSON.parse(data)));
  }

  /** A source that was refused stays closed for good; only a broken one comes back by itself. */
  retry() {
    if (this.source.readyState !== EventSource.CLOSED) return;
    this.say(this.dataset.waiting);
    this.retryTimer = setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MAX_MS);
  }

  take(message) {
    this.latest = message;
    this.paintTimer ??= setTimeout(() => this.paint(), this.painted ? PAINT_MS : 0);
    this.painted = true;
  }

  paint() {
    this.paintTimer = undefined;
    const { done, total, text } = this.latest;
    const bar = this.querySelector("progress");
    if (total) {
      bar.max = total;
      bar.value = done;
    }
    this.say(text);
  }

  finish({ text, href, label }) {
    this.disconnectedCallback();
    const url = href && ownUrl(href);
    if (!url) return location.reload();
    const link = document.createElement("a");
    link.href = url;
    link.textContent = label ?? text;
    const bar = this.querySelector("progress");
    bar.max = bar.value = 1;
    this.say(label ? `${text} ` : "");
    this.querySelector("[role=status]").append(link);
  }

  say(text) {
    this.querySelector("[role=status]").textContent = text;
  }
}

/** <copy-text>: a button that copies the code inside. */
class CopyText extends HTMLElement {
  connectedCallback() {
    if (this.querySelector("button") || !navigator.clipboard) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = this.dataset.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.querySelector("code").textContent);
      button.textContent = this.dataset.copied;
    });
    this.append(button);
  }
}

/** The address if it is ours, else null. */
function ownUrl(path) {
  const url = new URL(path, location.href);
  return url.origin === location.origin ? url.href : null;
}

customElements.define("live-progress", LiveProgress);
customElements.define("copy-text", CopyText);
