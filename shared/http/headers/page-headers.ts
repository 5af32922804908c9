import { every } from "hono/combine";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";

const cacheControl = (value: string) =>
  createMiddleware(async (context, next) => {
    await next();
    context.res.headers.set("Cache-Control", value);
  });

/**
 * Headers for pages and their assets: scripts, styles and requests from this origin alone, nothing inline, no frames
 * and no forms. Browsers revalidate their cache every time.
 */
export const pageHeaders = every(
  cacheControl("no-cache"),
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      // The style sheets contain icons as data URLs.
      imgSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    strictTransportSecurity: "max-age=31536000; includeSubDomains",
    xContentTypeOptions: true,
    crossOriginOpenerPolicy: true,
    crossOriginResourcePolicy: true,
    referrerPolicy: true,
    // What else the middleware would set by default.
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }),
);
