import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import type { Console } from "../console.ts";

const secure = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  strictTransportSecurity: "max-age=31536000; includeSubDomains",
  // A page's address isn't sent to other sites.
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
});

/**
 * Headers that restrict what browsers do with a page: nothing inline, nothing from elsewhere, no frames, and no cache
 * without revalidation. They also give the script the time here, since the browser's clock may be wrong.
 */
export function pageHeaders({ clock }: Pick<Console, "clock">) {
  return createMiddleware(async (context, next) => {
    await secure(context, next);
    const { headers } = context.res;
    if (!headers.has("cache-control")) headers.set("cache-control", "no-cache, private");
    headers.set("server-timing", `now;dur=${clock.now()}`);
  });
}
