import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";

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

/** What browsers may do with a page: nothing inline, nothing from elsewhere, in no frame. They keep none of it unasked. */
export const pageHeaders = createMiddleware(async (context, next) => {
  await secure(context, next);
  if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-cache, private");
});
