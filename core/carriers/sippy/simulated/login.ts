/**
 * The simulated switch's digest login: gives out nonces and checks what is signed with them.
 *
 * @module
 */
import type { Clock } from "../../../clock.ts";
import { type DigestChallenge, digestResponse, parseChallenges } from "../digest.ts";
import type { ChallengeTerms } from "./faults.ts";

/** What {@link createLogin} needs. */
export interface LoginDeps {
  /** Ages the nonces. */
  clock: Pick<Clock, "now">;
  /** A fresh nonce. */
  id: () => string;
  /** The one user. */
  username: string;
  /** In the clear, since every algorithm needs another hash of it. */
  password: string;
  /** Read anew for every challenge. */
  terms: ChallengeTerms;
}

/** One signed request. */
export interface SignedRequest {
  /** The `Authorization` header. */
  authorization: string;
  /** Upper case. */
  method: string;
  /** Path and query. */
  uri: string;
}

/** The login of one user. */
export interface Login {
  /** The headers of a 401. */
  challenge(isStale: boolean): Headers;
  /** `stale` when the nonce is unknown, too old or its count was used, and all else is right. */
  verify(request: SignedRequest): "signed_in" | "stale" | "refused";
}

const REALM = "Sippy Switch";

/** A login that has given out no nonce. */
export function createLogin(deps: LoginDeps): Login {
  const nonces = new Map<string, { issuedAtMs: number; lastCount: number }>();

  function challenge(isStale: boolean): Headers {
    const headers = new Headers();
    if (deps.terms.offersBasic) headers.append("www-authenticate", `Basic realm="${REALM}"`);
    for (const algorithm of deps.terms.algorithms) {
      const nonce = deps.id();
      nonces.set(nonce, { issuedAtMs: deps.clock.now(), lastCount: 0 });
      const words = [`realm="${REALM}"`, `nonce="${nonce}"`, `algorithm=${algorithm}`];
      if (deps.terms.hasQop) words.push('qop="auth"');
      if (isStale) words.push("stale=true");
      headers.append("www-authenticate", `Digest ${words.join(", ")}`);
    }
    return headers;
  }
  function verify(request: SignedRequest): "signed_in" | "stale" | "refused" {
    const signed = readSigned(request);
    if (!signed || signed.uri !== request.uri) return "refused";
    const { username, password } = deps;
    const { method, uri } = request;
    const expected = digestResponse(signed.challenge, {
      ...signed,
      username,
      password,
      method,
      uri,
    });
    if (expected !== signed.response || signed.username !== username) return "refused";
    const nonce = nonces.get(signed.challenge.nonce);
    if (!nonce || deps.clock.now() - nonce.issuedAtMs > deps.terms.nonceMs) return "stale";
    if (signed.challenge.hasQop && signed.requestCount <= nonce.lastCount) return "stale";
    nonce.lastCount = signed.requestCount;
    return "signed_in";
  }
  return { challenge, verify };
}

interface Signed {
  challenge: DigestChallenge;
  username: string;
  uri: string;
  response: string;
  requestCount: number;
  cnonce: string;
}

function readSigned({ authorization }: SignedRequest): Signed | null {
  const [{ scheme, parameters } = { scheme: "", parameters: new Map<string, string>() }] =
    parseChallenges(authorization);
  const algorithmText = parameters.get("algorithm") ?? "MD5";
  if (scheme !== "digest" || !/^(MD5|SHA-256)(-sess)?$/.test(algorithmText)) return null;
  const count = parameters.get("nc");
  if (count !== undefined && !/^[0-9a-f]{8}$/.test(count)) return null;
  const text = (name: string) => parameters.get(name) ?? "";
  return {
    challenge: {
      realm: text("realm"),
      nonce: text("nonce"),
      opaque: null,
      algorithm: algorithmText.startsWith("MD5") ? "MD5" : "SHA-256",
      algorithmText,
      isSession: algorithmText.endsWith("-sess"),
      hasQop: parameters.has("qop"),
      isStale: false,
    },
    username: text("username"),
    uri: text("uri"),
    response: text("response"),
    requestCount: parseInt(count ?? "0", 16),
    cnonce: text("cnonce"),
  };
}
