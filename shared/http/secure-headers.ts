import { createMiddleware } from "hono/factory";

/** Headers that every answer of an API carries: nothing here is to be sniffed, cached, framed or loaded by a page. */
const HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
} as const;

/** Adds the security headers to every answer. */
export const answerHeaders = createMiddleware(async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
});
