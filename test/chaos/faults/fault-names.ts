/** The gRPC codes that a Commit fails with. */
export const COMMIT_CODES = ["UNAVAILABLE", "ABORTED", "DEADLINE_EXCEEDED", "INTERNAL", "UNKNOWN"] as const;

export const WORKER_FAULTS = ["kill", "term", "stop-short", "clock-ahead", "clock-behind", "keys-down"] as const;
export const OUTAGES = ["tasks-restart", "firestore-restart", "key-rotation"] as const;
export const DELIVERY_FAULTS = [
  "duplicate-at-once",
  "duplicate-late",
  "duplicate-after-success",
  "answer-lost",
  "connection-reset",
  "deadline-overrun",
  "reorder",
] as const;
export const COMMIT_FAULTS = [
  ...COMMIT_CODES.flatMap((code) => [`commit-before-${code}`, `commit-after-${code}`] as const),
  "commit-hangs",
  "session-dropped",
] as const;
/** What happens to whoever relays entries of the outbox, and to the application that commits them. */
export const RELAY_FAULTS = [
  "relay-killed-before-create",
  "relay-killed-after-create",
  "create-lost",
  "delete-lost",
] as const;
/** What a deployment changes while tasks wait. */
export const DEPLOYMENT_FAULTS = ["resharded"] as const;
/** What tasks do to the worker that runs them. */
export const SCRIPTED_FAULTS = ["stall", "memory", "saturated", "stray-rejection"] as const;
export type ScriptedFault = (typeof SCRIPTED_FAULTS)[number];

/** Every fault of a full run. */
export const ALL_FAULTS = [
  ...WORKER_FAULTS,
  "stop-long",
  ...OUTAGES,
  ...DELIVERY_FAULTS,
  ...COMMIT_FAULTS,
  ...RELAY_FAULTS,
  "application-killed",
  ...DEPLOYMENT_FAULTS,
  ...SCRIPTED_FAULTS,
] as const;
export type FaultName = (typeof ALL_FAULTS)[number];
