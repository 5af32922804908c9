import { LRUCache } from "lru-cache";
import type { Client } from "../../../packages/client/src/client.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { type Reads, createReads } from "./reads.ts";

/** For anybody beyond these, data is simply read again. */
const MAX_PEOPLE = 200;

/** What the console keeps for a person: the producer's API on their behalf, and the data that was read with it. */
export interface PersonAccess {
  readonly api: Client;
  readonly reads: Reads;
}

/**
 * Creates and keeps each person's access.
 *
 * @param apiFor makes the producer's API on behalf of the person with an e-mail address.
 */
export function createPeople(apiFor: (email: string) => Client, clock: Clock): (email: string) => PersonAccess {
  const people = new LRUCache<string, PersonAccess>({ max: MAX_PEOPLE });
  return (email) => {
    const known = people.get(email);
    if (known) return known;
    const api = apiFor(email);
    const access = { api, reads: createReads(api, clock) };
    people.set(email, access);
    return access;
  };
}
