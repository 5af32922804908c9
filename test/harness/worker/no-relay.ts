import type { OwnRelay } from "../../../shared/outbox/own-relay.ts";

/** For workers without Cloud Tasks: entries are left to the sweep, and a natural task's follow-ups can't be created. */
export const NO_RELAY: OwnRelay = { relay: () => Promise.resolve(), create: () => Promise.resolve(false) };
