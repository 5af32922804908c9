/** A promise that was not kept. */
export interface BrokenPromise {
  /** A short name, the same for all of its kind. */
  readonly promise: string;
  /** The task's number; undefined where it concerns none. */
  readonly n?: number;
  readonly what: string;
}
