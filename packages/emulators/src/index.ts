/**
 * The emulators as other projects use them: what the package handoff-emulators exports.
 */
export { startCloudTasksEmulator } from "./cloud-tasks/emulator.ts";
export type {
  CloudTasksClientOptions,
  CloudTasksEmulator,
  CloudTasksEmulatorOptions,
  CloudTasksFault,
} from "./cloud-tasks/emulator-options.ts";
export type { AttemptRecord, AttemptSelector } from "./cloud-tasks/history.ts";
export { type IdleUntil, NotIdleError } from "./cloud-tasks/idle.ts";
export { taskMatchers } from "./cloud-tasks/matchers.ts";
export type { QueueDefinition } from "./cloud-tasks/queue-definition.ts";
export { formatTimeline } from "./cloud-tasks/timeline.ts";
export type { Duration } from "./duration.ts";
export type { EmulatorLog } from "./emulator-log.ts";
export type { InjectedFault } from "./fault-set.ts";
export { startFirestoreEmulator } from "./firestore/emulator.ts";
export type { FirestoreEmulator, FirestoreEmulatorOptions } from "./firestore/emulator-options.ts";
export { BrokenJournalError } from "./journal.ts";
export { VirtualClock } from "./virtual-clock.ts";
