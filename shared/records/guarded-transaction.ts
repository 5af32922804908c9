import type { Transaction } from "@google-cloud/firestore";

const WRITES: ReadonlySet<string | symbol> = new Set(["create", "set", "update"]);

/** Firestore allows no deeper maps, and its client refuses them. */
const MAX_DEPTH = 20;

/**
 * A transaction whose writes throw a TypeError for text that isn't well-formed. Firestore responds to a lone surrogate
 * with UNKNOWN, as it does in an outage. The client would retry it, and no attempt would ever be counted.
 */
export function guardWrites(transaction: Transaction): Transaction {
  const guarded: Transaction = new Proxy(transaction, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      if (!WRITES.has(name)) return member.bind(target);
      return (...written: unknown[]) => {
        if (!written.every((value) => isWellFormed(value, MAX_DEPTH))) {
          throw new TypeError("Firestore stores no text with half a surrogate pair.");
        }
        Reflect.apply(member, target, written);
        return guarded;
      };
    },
  });
  return guarded;
}

function isWellFormed(value: unknown, depth: number): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null || depth === 0) return true;
  if (Array.isArray(value)) return value.every((item) => isWellFormed(item, depth - 1));
  // References, timestamps and the like hold no text from the handler.
  if (Object.getPrototypeOf(value) !== Object.prototype) return true;
  return Object.entries(value).every(([name, item]) => name.isWellFormed() && isWellFormed(item, depth - 1));
}
