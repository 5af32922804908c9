/** A part of the stack that runs in its own process. */
export interface Part {
  stop(): Promise<void>;
}
