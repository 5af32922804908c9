import { LRUCache } from "lru-cache";
import type { Client } from "../../../packages/client/src/client.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { type Reads, createReads } from "./reads.ts";

/** Whoever is forgotten only reads anew. */
const MOST_PEOPLE = 200;

/** What the console has for a person: the producer's API as that person may use it, and what was read by it. */
export interface PersonAccess {
  readonly api: Client;
  readonly reads: Reads;
}

/**
 * Makes and keeps what each person has.
 *
 * @param apiFor the producer's API, as the person with an e-mail address may use it.
 */
export function createPeople(apiFor: (email: string) => Client, clock: Clock): (email: string) => PersonAccess {
  const people = new LRUCache<string, PersonAccess>({ max: MOST_PEOPLE });
  return (email) => {
    const known = people.get(email);
    if (known) return known;
    const api = apiFor(email);
    const access = { api, reads: createReads(api, clock) };
    people.set(email, access);
    return access;
  };
}
