/**
 * The stylesheet, the script and the icons: read once at the start, served from a fixed list of paths.
 *
 * The path carries a hash of the content, so a browser may keep a file for a year and still never sees
 * a stale one. No directory is ever walked on behalf of a request.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { Hono } from "hono";

/** The files there are; nothing else is served. */
export const STATIC_NAMES = ["app.css", "app.js", "icons.svg", "favicon.svg"] as const;

/** One of {@link STATIC_NAMES}. */
export type StaticName = typeof STATIC_NAMES[number];

/** One file as it is answered. */
export interface StaticFile {
  /** The bytes as read at the start. */
  body: Uint8Array<ArrayBuffer>;
  /** Media type with charset. */
  type: string;
  /** Strong entity tag, quotes included. */
  etag: string;
  /** Where it is served: `/static/<first 8 hex digits of its SHA-256>/<name>`. */
  path: string;
}

/** Every static file by its name. */
export type StaticFiles = Readonly<Record<StaticName, StaticFile>>;

/** Tells the page where a static file is served. */
export type AssetPath = (name: StaticName) => string;

const TYPES: Record<StaticName, string> = {
  "app.css": "text/css; charset=utf-8",
  "app.js": "text/javascript; charset=utf-8",
  "icons.svg": "image/svg+xml; charset=utf-8",
  "favicon.svg": "image/svg+xml; charset=utf-8",
};

/** Reads every file of {@link STATIC_NAMES} through `read`; throws what `read` throws. */
export async function loadStaticFiles(
  read: (name: StaticName) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<StaticFiles> {
  const pairs = await Promise.all(
    STATIC_NAMES.map(async (name) => [name, describeFile(name, await read(name))] as const),
  );
  return Object.fromEntries(pairs) as Record<StaticName, StaticFile>;
}

function describeFile(name: StaticName, body: Uint8Array<ArrayBuffer>): StaticFile {
  const hash = createHash("sha256").update(body).digest("hex");
  return {
    body,
    type: TYPES[name],
    etag: `"${hash.slice(0, 32)}"`,
    path: `/static/${hash.slice(0, 8)}/${name}`,
  };
}

/** The accessor that is handed to the layout. */
export function assetPath(files: StaticFiles): AssetPath {
  return (name) => files[name].path;
}

/** Serves exactly these files, to be kept for a year; 304 for a matching `if-none-match`. */
export function staticRoutes(files: StaticFiles): Hono {
  const app = new Hono();
  for (const name of STATIC_NAMES) {
    const { path, body, type, etag } = files[name];
    const kept = { etag, "cache-control": "public, max-age=31536000, immutable" };
    app.get(path, (c) => {
      if (c.req.header("if-none-match") === etag) return c.body(null, 304, kept);
      return c.body(body, 200, { ...kept, "content-type": type });
    });
  }
  return app;
}
