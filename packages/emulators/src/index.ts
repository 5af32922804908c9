/** The public API of handoff-emulators. */
export { startCloudTasksEmulator } from "./cloud-tasks/emulator.ts";
export type { CloudTasksClientOptions } from "./cloud-tasks/client-options.ts";
export type { CloudTasksEmulator, CloudTasksEmulatorOptions, CloudTasksFault } from "./cloud-tasks/emulator-options.ts";
export type { AttemptRecord, AttemptSelector } from "./cloud-tasks/testing/history.ts";
export { type IdleUntil, NotIdleError } from "./cloud-tasks/testing/idle.ts";
export { taskMatchers } from "./cloud-tasks/testing/matchers.ts";
export type { QueueDefinition } from "./cloud-tasks/state/queue-definition.ts";
export { formatTimeline } from "./cloud-tasks/testing/timeline.ts";
export type { Clock, Timer } from "./kernel/clock.ts";
export type { Duration } from "./kernel/duration.ts";
export type { EmulatorLog } from "./kernel/emulator-log.ts";
export type { InjectedFault } from "./kernel/fault-set.ts";
export { startFirestoreEmulator } from "./firestore/emulator.ts";
export type { FirestoreEmulator, FirestoreEmulatorOptions, FirestoreFault } from "./firestore/emulator-options.ts";
export {
  BrokenJournalError,
  DataFolderError,
  FolderInUseError,
  FolderNotUsableError,
} from "./kernel/journal/data-folder-error.ts";
export { VirtualClock } from "./kernel/virtual-clock.ts";
