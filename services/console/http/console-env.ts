import type { Context } from "hono";
import type { Client } from "../../../packages/client/src/client.ts";
import type { Me } from "../../../packages/client/src/views/service.ts";
import type { Reads } from "../reading/reads.ts";
import type { OwnCookie } from "./own-cookie.ts";

/** What every page and action knows of its request. */
export interface ConsoleEnv {
  Variables: {
    /** Who asks, as the producer sees that person. */
    person: Me;
    /** The producer's API, as that person may use it. For actions, and for what is read once. */
    api: Client;
    /** What was read for that person a moment ago. */
    reads: Reads;
    /** What proves that a form came from one of our pages. */
    formToken: string;
    /** What the last action did, to be shown once. */
    notice: string | undefined;
    /** Where what an action did waits for the page that shows it. */
    noticeCookie: OwnCookie;
    /** What an action did, for the log. */
    did?: string;
    /** Why a request was refused, as a code for the log. */
    refusal?: string;
  };
}

export type ConsoleContext = Context<ConsoleEnv>;
