import { createMiddleware } from "hono/factory";
import { type RequestHead, refuseForeignHost } from "../../../shared/http/foreign-request.ts";
import { problemResponse } from "../../../shared/http/problem.ts";
import type { ConsoleEnv } from "./console-env.ts";

/**
 * Keeps other sites away. A link from anywhere may lead to a page, which changes nothing and stands in no frame; all else
 * that a browser sends for a page elsewhere is refused. On a developer's machine, so is a name with a dot that isn't in
 * `allowedHosts`: a page elsewhere can have its own name lead here.
 *
 * Browsers say themselves whether a request comes from here (https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site).
 * `Origin` can't be compared with `Host`, since `gcloud run services proxy` changes that.
 *
 * @param allowedHosts undefined on Cloud Run, which passes on requests to the service's own names only.
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
    const isForeign = site !== null && site !== "same-origin" && site !== "none" && !isLink;
    if (!foreignHost && !isForeign) return await next();
    context.set("refusal", "foreign-request");
    const { status, detail } = foreignHost ?? {
      status: 403,
      detail: "This request comes from a page of another site.",
    };
    return problemResponse({ status, title: "Forbidden", code: "foreign-request", detail });
  });
}
