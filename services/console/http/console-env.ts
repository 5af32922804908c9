import type { Context } from "hono";
import type { Client } from "../../../packages/client/src/client.ts";
import type { Me } from "../../../packages/client/src/views/service.ts";
import type { Reads } from "../reading/reads.ts";
import type { OwnCookie } from "./own-cookie.ts";

/** What every page and action knows of its request. */
export interface ConsoleEnv {
  Variables: {
    /** The person, as the producer sees them. */
    person: Me;
    /** The producer's API on the person's behalf. For actions, and for data that is read once. */
    api: Client;
    /** Recently read data of that person. */
    reads: Reads;
    /** Proves that a form was sent from one of our pages. */
    formToken: string;
    /** What the last action did, to show once. */
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
