import { every } from "hono/combine";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";

const noStore = createMiddleware(async (context, next) => {
  await next();
  context.res.headers.set("Cache-Control", "no-store");
});

/** Only these, so the rest of the middleware's defaults, which are for pages, are off. */
const HEADERS = {
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  strictTransportSecurity: "max-age=31536000; includeSubDomains",
  xContentTypeOptions: true,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** Headers for every response of an API: browsers must not sniff, cache, frame or load anything from it. */
export const apiHeaders = every(noStore, secureHeaders(HEADERS));
