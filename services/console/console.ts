import type { Clock } from "../../shared/runtime/clock.ts";
import type { Logger } from "../../shared/runtime/log.ts";
import type { Identify } from "./access/identify.ts";
import type { Assets } from "./assets.ts";
import type { PersonAccess } from "./reading/people.ts";

/** What the console's pages need. */
export interface Console {
  readonly identify: Identify;
  /** The access of the person with this e-mail address. */
  readonly accessOf: (email: string) => PersonAccess;
  readonly assets: Assets;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether browsers can only reach it over https. */
  readonly isSecure: boolean;
  /** The names with a dot that browsers may use on a developer's machine; undefined on Cloud Run. */
  readonly allowedHosts: ReadonlySet<string> | undefined;
  /** The producer's address, for the commands that pages show. */
  readonly producerUrl: string;
}
