import type { Refuse } from "../../../shared/http/serving/refuse-unread.ts";
import type { Assets } from "../assets.ts";
import { barePage } from "../layout/bare-page.tsx";

/** Says what is wrong with a request that no page ever sees, such as one with cookies that are too long, on a page of its own. */
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
