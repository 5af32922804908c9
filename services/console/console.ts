import type { Clock } from "../../shared/runtime/clock.ts";
import type { Logger } from "../../shared/runtime/log.ts";
import type { Identify } from "./access/identify.ts";
import type { Assets } from "./assets.ts";
import type { PersonAccess } from "./reading/people.ts";

/** What the console's pages need. */
export interface Console {
  readonly identify: Identify;
  /** What the person with an e-mail address has. */
  readonly accessOf: (email: string) => PersonAccess;
  readonly assets: Assets;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether browsers reach it over https alone. */
  readonly isSecure: boolean;
  /** The names with a dot by which browsers may reach it on a developer's machine; undefined on Cloud Run. */
  readonly allowedHosts: ReadonlySet<string> | undefined;
  /** The producer's address, for the commands that pages show. */
  readonly producerUrl: string;
}
