import { createMiddleware } from "hono/factory";
import { type Refusal, type RequestHead, refuseForeignHost } from "../../../shared/http/foreign-request.ts";
import { refusalProblem } from "../../../shared/http/guard.ts";
import { problemResponse } from "../../../shared/http/problem.ts";
import type { ConsoleEnv } from "./console-env.ts";

const FOREIGN_PAGE: Refusal = { status: 403, detail: "This request comes from a page of another site." };

/**
 * Refuses requests from other sites. They may link to a page, since opening one changes nothing and no frame can show
 * it; anything else that a browser sends for a page elsewhere is refused. On a developer's machine, so is a name with a
 * dot that isn't in `allowedHosts`: another site can make its own name resolve to this machine.
 *
 * Browsers send `Sec-Fetch-Site` for this (https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site), but not
 * over http to a name other than localhost, such as a container's. Then `Origin` decides.
 *
 * @param allowedHosts undefined on Cloud Run, which only passes on requests to the service's own names.
 */
export function refuseForeign(allowedHosts: ReadonlySet<string> | undefined) {
  return createMiddleware<ConsoleEnv>(async (context, next) => {
    const { method, url } = context.req;
    const headers = context.req.raw.headers;
    const head: RequestHead = {
      target: url,
      header: (name) => [headers.get(name)].filter((value) => value !== null),
    };
    const foreignHost = allowedHosts && refuseForeignHost(head, allowedHosts);
    const isLink = method === "GET" && headers.get("sec-fetch-mode") === "navigate";
    const site = headers.get("sec-fetch-site");
    const isForeign =
      site === null
        ? isForeignOrigin(headers, allowedHosts === undefined)
        : site !== "same-origin" && site !== "none" && !isLink;
    if (!foreignHost && !isForeign) return await next();
    context.set("refusal", "foreign-request");
    return problemResponse(refusalProblem(foreignHost ?? FOREIGN_PAGE));
  });
}

/**
 * `gcloud run services proxy` changes `Host`: through it, the console's pages have the origin of a person's machine.
 */
function isForeignOrigin(headers: Headers, isOnCloudRun: boolean): boolean {
  const origin = headers.get("origin");
  if (origin === null) return false;
  const own = URL.parse(origin);
  const isLoopback = own?.hostname === "127.0.0.1" || own?.hostname === "localhost";
  return own?.host !== headers.get("host") && !(isOnCloudRun && isLoopback);
}
