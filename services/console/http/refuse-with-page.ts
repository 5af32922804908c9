import type { Refuse } from "../../../shared/http/serving/refuse-unread.ts";
import type { Assets } from "../assets.ts";
import { barePage } from "../layout/bare-page.tsx";

/** Shows a page for a request that Node rejects before the console sees it, for example because its cookies are too long. */
export function refuseWithPage(assets: Assets): Refuse {
  return ({ title, detail = title }) => ({
    headers: {
      "content-type": "text/html; charset=UTF-8",
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'",
      "x-content-type-options": "nosniff",
    },
    body: barePage({ title, detail, on: undefined, assets }),
  });
}
