/** The outcome that a response names, with its status. */
export interface Ending {
  readonly status: number;
  readonly outcome: string | null;
}
