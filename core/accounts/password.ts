/**
 * Passwords as they are kept: scrypt, with its parameters beside the hash.
 *
 * One hash takes half a second and 128 MiB, off the event loop; never more than two run at once.
 *
 * @module
 */
import { type BinaryLike, scrypt, type ScryptOptions, timingSafeEqual } from "node:crypto";
import type { Ids } from "../ids.ts";

/** How hard a guess is: N, r and p of scrypt. */
export interface PasswordCost {
  /** N, a power of two. */
  rounds: number;
  /** r. */
  blockSize: number;
  /** p. */
  parallelism: number;
}

/** What is hashed with now; 128 MiB a guess. */
export const PASSWORD_COST: PasswordCost = { rounds: 2 ** 17, blockSize: 8, parallelism: 1 };
/** Hashes under way at once; each takes 128 MiB. */
export const HASHES_AT_ONCE = 2;
/** Hashes that may wait for their turn; more are refused. */
export const HASHES_WAITING_MAX = 20;
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** So many sign in at once that another one would wait too long. */
export class TooManyHashes extends Error {
  /** As the log names it. */
  override name = "TooManyHashes";
}

/** The text to keep for a password: `scrypt$N$r$p$salt$hash`. Throws {@link TooManyHashes}. */
export async function hashPassword(
  ids: Pick<Ids, "secret">,
  { password, cost = PASSWORD_COST }: { password: string; cost?: PasswordCost },
): Promise<string> {
  const salt = ids.secret(SALT_BYTES);
  const hash = await derive({ password, salt, cost });
  return ["scrypt", cost.rounds, cost.blockSize, cost.parallelism, salt, hash.toHex()].join("$");
}

/**
 * Whether a password is the one that was kept. Null stands for an unknown person: as much work, and
 * never true. Throws {@link TooManyHashes}.
 */
export async function isPassword(kept: string | null, password: string): Promise<boolean> {
  const { cost, salt, hash } = parseKept(kept) ?? NOBODY;
  const given = await derive({ password, salt, cost });
  return timingSafeEqual(given, hash) && kept !== null;
}

/** Whether a kept password should be hashed again at the next sign-in. */
export function isOutdated(kept: string): boolean {
  const rounds = parseKept(kept)?.cost.rounds ?? 0;
  return rounds !== PASSWORD_COST.rounds;
}

interface Kept {
  cost: PasswordCost;
  salt: string;
  hash: Uint8Array;
}

const NOBODY: Kept = { cost: PASSWORD_COST, salt: "nobody", hash: new Uint8Array(HASH_BYTES) };

function parseKept(kept: string | null): Kept | null {
  const [name, rounds, blockSize, parallelism, salt, hash] = kept?.split("$") ?? [];
  if (name !== "scrypt" || !salt || !hash) return null;
  const cost = {
    rounds: Number(rounds),
    blockSize: Number(blockSize),
    parallelism: Number(parallelism),
  };
  return { cost, salt, hash: Uint8Array.fromHex(hash) };
}

async function derive(
  { password, salt, cost }: { password: string; salt: string; cost: PasswordCost },
): Promise<Uint8Array> {
  const { rounds, blockSize, parallelism } = cost;
  const options: ScryptOptions = {
    N: rounds,
    r: blockSize,
    p: parallelism,
    maxmem: 256 * rounds * blockSize,
  };
  await takeTurn();
  try {
    // One spelling of a letter, however the keyboard composed it.
    return await runScrypt(password.normalize("NFKC"), { salt, options });
  } finally {
    endTurn();
  }
}

function runScrypt(
  password: BinaryLike,
  { salt, options }: { salt: string; options: ScryptOptions },
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(
      password,
      salt,
      HASH_BYTES,
      options,
      (error, hash) => error ? reject(error) : resolve(Uint8Array.from(hash)),
    );
  });
}

// Memory belongs to the process, so the turns do too.
let running = 0;
const waiting: (() => void)[] = [];

async function takeTurn(): Promise<void> {
  if (running < HASHES_AT_ONCE) {
    running += 1;
    return;
  }
  if (waiting.length >= HASHES_WAITING_MAX) {
    throw new TooManyHashes(`Cannot hash a password: ${waiting.length} wait already`);
  }
  await new Promise<void>((resolve) => waiting.push(resolve));
}

function endTurn(): void {
  const next = waiting.shift();
  if (next) next();
  else running -= 1;
}
