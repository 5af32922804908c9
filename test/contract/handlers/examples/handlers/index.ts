import type { Firestore } from "@google-cloud/firestore";
import type { HandlersFor } from "../../../../../services/worker/runner/assemble-handlers.ts";
import type { registry } from "../tasks/index.ts";
import { handleFetchReport } from "./fetch-report.ts";
import { createGrantPoints } from "./grant-points.ts";
import { handlePurgePage } from "./purge-page.ts";
import { handleSendReceipt } from "./send-receipt.ts";
import { createShipOrder } from "./ship-order.ts";
import { handleTellSupport } from "./tell-support.ts";

/** The handlers of docs/handlers.md. */
export function createHandlers(deps: { db: Firestore }): HandlersFor<typeof registry> {
  return {
    "receipt.send": handleSendReceipt,
    "points.grant": createGrantPoints(deps),
    "cdn.purge": handlePurgePage,
    "report.fetch": handleFetchReport,
    "order.ship": createShipOrder(deps),
    "support.tell": handleTellSupport,
  };
}
