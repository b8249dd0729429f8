/**
 * What the program may not touch while it is simulated: the machine's time, chance, network and database.
 *
 * @module
 */

const BANNED: readonly [owner: object, name: string][] = [
  [Date, "now"],
  [Math, "random"],
  [globalThis, "setTimeout"],
  [globalThis, "setInterval"],
  [globalThis, "fetch"],
  [crypto, "getRandomValues"],
  [crypto, "randomUUID"],
  [crypto.subtle, "digest"],
  [crypto.subtle, "sign"],
  [crypto.subtle, "verify"],
  [performance, "now"],
  [Deno, "openKv"],
];

/** Puts a throwing stub in the place of each until the answer is called. */
export function banTheMachine(): () => void {
  const undo: (() => void)[] = [];
  for (const [owner, name] of BANNED) {
    const own = Object.getOwnPropertyDescriptor(owner, name);
    const stub = () => {
      throw new Error(`Cannot use ${name}: the machine's own is out of bounds in a simulation`);
    };
    try {
      Object.defineProperty(owner, name, { value: stub, configurable: true, writable: true });
    } catch {
      // Some runtimes forbid to replace it; then the equal hashes of equal seeds have to do.
      continue;
    }
    undo.push(() => own ? Object.defineProperty(owner, name, own) : forget(owner, name));
  }
  return () => undo.forEach((one) => one());
}

function forget(owner: object, name: string): void {
  delete (owner as Record<string, unknown>)[name];
}
