/**
 * People who sign in to the admin pages.
 *
 * Goes to: `core/accounts/password.ts`, `core/audit/audit.ts`.
 *
 * @module
 */
import { recordAudit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import type { Ids } from "../ids.ts";
import type { Gates } from "../kv/gates.ts";
import { personKey, personPrefix } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";
import { hashPassword, isOutdated, isPassword } from "./password.ts";

/** What a person may do: everything, or look. */
export const ROLES = ["admin", "viewer"] as const;
/** One of {@link ROLES}. */
export type Role = typeof ROLES[number];

/** Somebody who signs in. */
export interface Person {
  /** Names the person in the API. */
  id: string;
  /** As {@link normalizeEmail} leaves it. */
  email: string;
  /** What they may do. */
  role: Role;
  /** Their password, hashed. */
  passwordHash: string;
  /** Sessions of an earlier epoch are over. */
  epoch: number;
  /** When they were added. */
  createdAtMs: number;
}

/** The doors people need. */
export type PeopleDeps = { store: Store; gates: Gates; clock: Clock; ids: Ids };

/** One spelling per mailbox: trimmed, composed, lower case. */
export function normalizeEmail(email: string): string {
  return email.trim().normalize("NFC").toLowerCase();
}

/**
 * Makes the first admin when nobody can sign in yet; does nothing otherwise.
 *
 * Two processes that start at once make one person, since both mean the same row.
 */
export async function ensureFirstAdmin(
  deps: PeopleDeps,
  { email, password }: { email: string; password: string },
): Promise<{ status: "first_admin_made" | "people_exist" }> {
  const anybody = await deps.store.list<Person>({ prefix: personPrefix, limit: 1 });
  if (anybody.length > 0) return { status: "people_exist" };
  const outcome = await addPerson(deps, { email, password, role: "admin", actor: "start" });
  return { status: outcome.status === "person_added" ? "first_admin_made" : "people_exist" };
}

/** Adds somebody who may sign in. The password is taken as it is; its rules belong to the edge. */
export async function addPerson(
  deps: PeopleDeps,
  { email, password, role, actor }: {
    email: string;
    password: string;
    role: Role;
    actor: string;
  },
): Promise<{ status: "person_added"; person: Person } | { status: "person_exists" }> {
  const person: Person = {
    id: deps.ids.id(),
    email: normalizeEmail(email),
    role,
    passwordHash: await hashPassword(deps.ids, { password }),
    epoch: 1,
    createdAtMs: deps.clock.now(),
  };
  const auditId = deps.ids.id();
  return await deps.gates.change({
    gate: personKey(person.email),
    stage: async (batch) => {
      const earlier = await batch.get<Person>(personKey(person.email));
      // The same id is this very person, kept by a try whose answer was lost.
      if (earlier && earlier.id !== person.id) return { status: "person_exists" as const };
      batch.set(personKey(person.email), person);
      recordAudit(batch, {
        id: auditId,
        atMs: person.createdAtMs,
        actor,
        action: "person_added",
        subject: person.email,
        detail: role,
      });
      return { status: "person_added" as const, person };
    },
  });
}

/** What may be changed of a person; whatever changes, their sessions end. */
export type PersonChange = { role?: Role; password?: string };

/** Changes a person and ends all their sessions; with nothing to change it only ends them. */
export async function changePerson(
  deps: PeopleDeps,
  { email, change, actor }: { email: string; change: PersonChange; actor: string },
): Promise<{ status: "person_changed"; person: Person } | { status: "person_not_found" }> {
  const key = personKey(normalizeEmail(email));
  const [auditId, atMs] = [deps.ids.id(), deps.clock.now()];
  const { role, password } = change;
  const passwordHash = password === undefined
    ? undefined
    : await hashPassword(deps.ids, { password });
  const what = [role ?? [], password === undefined ? [] : "password"].flat();
  return await deps.gates.change({
    gate: key,
    stage: async (batch) => {
      const earlier = await batch.get<Person>(key);
      if (!earlier) return { status: "person_not_found" as const };
      const person: Person = {
        ...earlier,
        epoch: earlier.epoch + 1,
        role: role ?? earlier.role,
        passwordHash: passwordHash ?? earlier.passwordHash,
      };
      batch.set(key, person);
      recordAudit(batch, {
        id: auditId,
        atMs,
        actor,
        action: "person_changed",
        subject: person.email,
        detail: [...what, "sessions ended"].join(", "),
      });
      return { status: "person_changed" as const, person };
    },
  });
}

/** The person with this e-mail and password, or null; as much work for an unknown e-mail. */
export async function verifyPassword(
  deps: PeopleDeps,
  { email, password }: { email: string; password: string },
): Promise<Person | null> {
  const person = await getPerson(deps.store, email);
  if (!await isPassword(person?.passwordHash ?? null, password) || !person) return null;
  if (isOutdated(person.passwordHash)) await rehash(deps, { person, password });
  return person;
}

async function rehash(
  deps: PeopleDeps,
  { person, password }: { person: Person; password: string },
): Promise<void> {
  const passwordHash = await hashPassword(deps.ids, { password });
  await deps.gates.change({
    gate: personKey(person.email),
    stage: async (batch) => {
      const present = await batch.get<Person>(personKey(person.email));
      if (present?.passwordHash !== person.passwordHash) return;
      batch.set(personKey(person.email), { ...present, passwordHash });
    },
  });
}

/** A person by e-mail in any spelling, or null. */
export async function getPerson(store: Store, email: string): Promise<Person | null> {
  return (await store.get<Person>(personKey(normalizeEmail(email))))?.value ?? null;
}
