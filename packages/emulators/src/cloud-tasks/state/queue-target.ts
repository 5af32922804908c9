import type { HttpMethod, TokenRequest } from "./task.ts";

/** What a queue changes in the requests of its tasks: `Queue.http_target`, as it was given. */
export interface QueueTarget {
  readonly uri?: UriOverride;
  readonly method?: HttpMethod;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Replaces a task's own token. */
  readonly token?: TokenRequest;
}

/** Each part that is set replaces that part of a task's URL. */
export interface UriOverride {
  /** The number of a UriOverride.Scheme; 0, unspecified, is HTTPS. */
  readonly scheme?: number;
  readonly host?: string;
  /** Digits; 0 removes the port. */
  readonly port?: string;
  /** Empty removes the path. */
  readonly path?: string;
  /** Empty removes the query. */
  readonly query?: string;
  /** The number of a UriOverrideEnforceMode. */
  readonly enforceMode: number;
}
