/** A promise that was not kept. */
export interface BrokenPromise {
  /** A short name, shared by all breaches of this promise. */
  readonly promise: string;
  /** The task's number; undefined if the breach concerns no single task. */
  readonly n?: number;
  readonly what: string;
}
