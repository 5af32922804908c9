import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";

/** A cookie of the console. No script reads it, and forms of other sites don't send it. */
export interface OwnCookie {
  read(context: Context): string | undefined;
  /** @param maxAgeSeconds how long it is kept. Default: until the browser is closed. */
  write(context: Context, value: string, maxAgeSeconds?: number): void;
  remove(context: Context): void;
}

/**
 * Makes a cookie that, over https, has the prefix `__Host-`: neither another host of the domain nor a page over http can then
 * set one of its name (https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie#cookie_prefixes). Over http to this
 * machine Chromium would keep such a cookie, and Safari wouldn't; to a container's name, none would.
 *
 * @param isSecure whether browsers reach the console over https alone.
 */
export function ownCookie(name: string, isSecure: boolean): OwnCookie {
  const prefix = isSecure ? "host" : undefined;
  const where = { path: "/", ...(isSecure ? ({ prefix: "host", secure: true } as const) : {}) };
  return {
    read: (context) => getCookie(context, name, prefix),
    write(context, value, maxAge) {
      const kept = maxAge === undefined ? {} : { maxAge };
      setCookie(context, name, value, { ...where, ...kept, httpOnly: true, sameSite: "Lax" });
    },
    remove: (context) => void deleteCookie(context, name, where),
  };
}
