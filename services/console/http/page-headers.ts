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
  // What a page's address says stays here.
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
});

/**
 * What browsers may do with a page: nothing inline, nothing from elsewhere, in no frame. They keep none of it unasked. The
 * script learns what time it is here, since the browser's clock may be wrong.
 */
export function pageHeaders({ clock }: Pick<Console, "clock">) {
  return createMiddleware(async (context, next) => {
    await secure(context, next);
    const { headers } = context.res;
    if (!headers.has("cache-control")) headers.set("cache-control", "no-cache, private");
    headers.set("server-timing", `now;dur=${clock.now()}`);
  });
}
