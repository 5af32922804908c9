import { every } from "hono/combine";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";

const cacheControl = (value: string) =>
  createMiddleware(async (context, next) => {
    await next();
    context.res.headers.set("Cache-Control", value);
  });

/**
 * Headers for pages and what they load: scripts, styles and requests of this origin alone, nothing inline, no frames and no
 * forms; browsers ask each time whether what they keep is still current.
 */
export const pageHeaders = every(
  cacheControl("no-cache"),
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      // Style sheets hold their icons.
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
