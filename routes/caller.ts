/**
 * Who calls: every request has one caller or none, decided once in `authorize.ts`.
 *
 * @module
 */

/** What a person who signs in may do: everything, or look. */
export type PersonRole = "admin" | "viewer";

/** Somebody who proved who they are. `actor` is what the ledger and the audit log keep. */
export type Caller =
  | {
    /** `Authorization: Bearer $ADMIN_API_KEY`. */
    kind: "admin_program";
    /** Kept with what it changes. */
    actor: "admin";
  }
  | {
    /** Signed in with e-mail and password. */
    kind: "admin_person";
    /** The e-mail. */
    actor: string;
    /** The e-mail. */
    email: string;
    /** What they may do. */
    role: PersonRole;
  }
  | {
    /** `Authorization: Bearer $CRON_SECRET`. */
    kind: "scheduler";
    /** Kept with what it changes. */
    actor: "scheduler";
  }
  | {
    /** `Authorization: Bearer tk_…`. */
    kind: "account_program";
    /** `key:` and the visible beginning of the key. */
    actor: `key:${string}`;
    /** The only account it may see. */
    accountId: string;
  }
  | {
    /** Came in by a portal link. */
    kind: "account_person";
    /** Kept with what it changes. */
    actor: "portal";
    /** The only account they may see. */
    accountId: string;
  };

/** What every route of the app may read. */
export type AppEnv = {
  /** Handed to `app.fetch(request, bindings)` by whoever serves. */
  Bindings: {
    /** The peer's address; unset in tests counts as `unknown`. Never taken from a header. */
    remoteAddress?: string | undefined;
  };
  /** Set before any route runs. */
  Variables: {
    /** Null on open routes, where nobody is asked. */
    caller: Caller | null;
    /** Our own id of this request: header, log line, problem body. */
    requestId: string;
    /** `PUBLIC_URL`, for absolute links. */
    publicUrl: string;
  };
};

/** The account a caller is confined to; null for callers who may see every account. */
export function ownAccountId(caller: Caller): string | null {
  return "accountId" in caller ? caller.accountId : null;
}
