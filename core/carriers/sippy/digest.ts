/**
 * HTTP Digest: reads what a server challenges with, and signs a request for it.
 *
 * Source: RFC 7616 and, for servers without `qop`, RFC 2617. Basic is never answered, since it would
 * give the password away.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";

/** A challenge that can be answered. */
export interface DigestChallenge {
  /** Unescaped. */
  realm: string;
  /** Unescaped. */
  nonce: string;
  /** To be sent back as it came. */
  opaque: string | null;
  /** MD5 when the challenge names none. */
  algorithm: "MD5" | "SHA-256";
  /** The algorithm as the challenge names it, to be sent back. */
  algorithmText: string | null;
  /** Whether the algorithm is one of the `-sess` kind. */
  isSession: boolean;
  /** Whether `auth` is offered; false for servers of RFC 2069's time, which offer nothing. */
  hasQop: boolean;
  /** The nonce was too old and the password was right: the request was not looked at. */
  isStale: boolean;
}

/** The challenge to answer, SHA-256 before MD5; null when there is none that can be answered. */
export function chooseChallenge(header: string | null): DigestChallenge | null {
  const challenges = parseChallenges(header ?? "").flatMap((challenge) =>
    readDigest(challenge) ?? []
  );
  return challenges.find(({ algorithm }) => algorithm === "SHA-256") ?? challenges[0] ?? null;
}

/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** Lower case. */
  scheme: string;
  /** Lower-case names; values without quotes. The first of a name counts. */
  parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = new RegExp(
  `(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))`,
  "y",
);
const SCHEME = new RegExp(`(${TOKEN})(?:[ \\t]+[A-Za-z0-9._~+/-]+=*(?=[ \\t]*(?:,|$)))?`, "y");

/** All challenges of a header, several joined by `, ` included; ends where it cannot be read. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (let at = 0;;) {
    at += /^[\s,]*/.exec(header.slice(at))?.[0].length ?? 0;
    const parameter = matchAt(PARAMETER, header, at);
    const current = challenges.at(-1);
    const [whole, name = "", quoted, token = ""] = parameter ?? matchAt(SCHEME, header, at) ?? [];
    if (whole === undefined || (parameter && !current)) return challenges;
    at += whole.length;
    const key = name.toLowerCase();
    if (!parameter) challenges.push({ scheme: key, parameters: new Map() });
    else if (!current?.parameters.has(key)) {
      current?.parameters.set(key, quoted?.replace(/\\(.)/g, "$1") ?? token);
    }
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function readDigest({ scheme, parameters }: Challenge): DigestChallenge | null {
  const [realm, nonce] = [parameters.get("realm"), parameters.get("nonce")];
  const algorithmText = parameters.get("algorithm") ?? null;
  const named = /^(MD5|SHA-256)(-sess)?$/i.exec(algorithmText ?? "MD5");
  if (scheme !== "digest" || realm === undefined || nonce === undefined || !named) return null;
  const qop = parameters.get("qop")?.toLowerCase().split(",").map((each) => each.trim());
  // Only `auth-int` is left, which nobody was seen to ask for.
  if (qop && !qop.includes("auth")) return null;
  return {
    realm,
    nonce,
    opaque: parameters.get("opaque") ?? null,
    algorithm: named[1]?.toUpperCase() === "MD5" ? "MD5" : "SHA-256",
    algorithmText,
    isSession: named[2] !== undefined,
    hasQop: qop !== undefined,
    isStale: parameters.get("stale")?.toLowerCase() === "true",
  };
}

/** What is signed, and with what. */
export interface DigestRequest {
  /** Unescaped. */
  username: string;
  /** May hold colons. */
  password: string;
  /** Upper case. */
  method: string;
  /** Path and query, exactly as they are sent. */
  uri: string;
  /** Requests signed for this nonce, this one included: from 1. */
  requestCount: number;
  /** Fresh and unguessable, from a strong source. */
  cnonce: string;
}

/** The `Authorization` header's value. Its members stand in curl's order. */
export function signRequest(challenge: DigestChallenge, request: DigestRequest): string {
  const { realm, nonce, opaque, algorithmText, hasQop, isSession } = challenge;
  const members = [
    `username=${quote(asBytes(request.username))}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(request.uri)}`,
    ...(hasQop || isSession ? [`cnonce=${quote(request.cnonce)}`] : []),
    ...(hasQop ? [`nc=${formatCount(request.requestCount)}`, "qop=auth"] : []),
    `response=${quote(digestResponse(challenge, request))}`,
    ...(opaque === null ? [] : [`opaque=${quote(opaque)}`]),
    ...(algorithmText === null ? [] : [`algorithm=${algorithmText}`]),
  ];
  return `Digest ${members.join(", ")}`;
}

/** The `response` of RFC 7616, section 3.4.1: lower-case hex. */
export function digestResponse(challenge: DigestChallenge, request: DigestRequest): string {
  const { realm, nonce, algorithm, isSession, hasQop } = challenge;
  const hash = (text: string) =>
    createHash(algorithm === "MD5" ? "md5" : "sha256").update(text, "utf8").digest("hex");
  const { username, password, method, uri, cnonce } = request;
  const login = hash(`${username}:${realm}:${password}`);
  const secret = isSession ? hash(`${login}:${nonce}:${cnonce}`) : login;
  const action = hash(`${method}:${uri}`);
  if (!hasQop) return hash(`${secret}:${nonce}:${action}`);
  return hash(`${secret}:${nonce}:${formatCount(request.requestCount)}:${cnonce}:auth:${action}`);
}

// Eight HEXADECIMAL digits: the tenth request is 0000000a.
function formatCount(requestCount: number): string {
  return requestCount.toString(16).padStart(8, "0");
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

// A header holds bytes; like curl, a name beyond ASCII is sent as its UTF-8.
function asBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
