import * as z from "zod";
import { shorten } from "../process/cut.ts";
import { MAX_LOGGED_CHARACTERS } from "../runtime/error-fields.ts";
import type { Logger } from "../runtime/log.ts";
import {
  type Refusal,
  type RequestHead,
  parseHostName,
  refuseForeignHost,
  refuseForeignPage,
} from "./foreign-request.ts";
import { type Problem, problemResponse } from "./problem.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

/** Where the service runs, and which names it may be called by. */
export const guardVariables = {
  /** Set by Cloud Run. */
  K_SERVICE: z.string().optional(),
  /** Names with a dot that requests may use for the service off Cloud Run, separated by commas. Default: none. */
  ALLOW_HOST: z
    .string()
    .default("")
    .transform((text, context) => {
      const names = text.split(",").filter((name) => name.trim() !== "");
      return new Set(
        names.map((name) => {
          const parsed = parseHostName(name.trim());
          if (parsed !== undefined) return parsed;
          context.addIssue({ code: "custom", message: "must be names of hosts, without ports, separated by commas" });
          return z.NEVER;
        }),
      );
    }),
};

interface GuardOptions {
  readonly config: z.output<z.ZodObject<typeof guardVariables>>;
  readonly log: Logger;
}

/**
 * Protects a service from web pages elsewhere. A request that a browser sends for such a page gets a problem with 403,
 * and never reaches the service. So does a request to a name with a dot that isn't in `ALLOW_HOST`. On Cloud Run any
 * name is accepted, because Cloud Run only passes on requests to the service's own names.
 */
export function guardAgainstPages(fetch: Fetch, { config, log }: GuardOptions): Fetch {
  const isLocal = config.K_SERVICE === undefined;
  return (request) => {
    const head = headOf(request);
    const foreignHost = isLocal ? refuseForeignHost(head, config.ALLOW_HOST) : undefined;
    const refusal = foreignHost ?? refuseForeignPage(head, isLocal ? "http" : "https");
    if (!refusal) return fetch(request);
    const shown = (name: string): string => shorten([...head.header(name)].join(", "), MAX_LOGGED_CHARACTERS);
    log.warn(
      { status: refusal.status, host: shown("host"), origin: shown("origin") },
      "refused what a web page could have sent",
    );
    return problemResponse(refusalProblem(refusal), HEADERS);
  };
}

/** What a refused request gets. A host that can't be read is no sign of a web page. */
export function refusalProblem({ status, detail }: Refusal): Problem {
  return status === 400
    ? { status, title: "Bad request", code: "malformed-request", detail }
    : { status, title: "Forbidden", code: "foreign-request", detail };
}

const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** Repeated headers arrive as one value with commas, which no rule accepts. */
function headOf({ url, headers }: Request): RequestHead {
  return {
    target: url,
    header(name) {
      const value = headers.get(name);
      return value === null ? [] : [value];
    },
  };
}
