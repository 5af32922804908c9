import { defineRegistry } from "../../../../../shared/contract/registry.ts";
import { TEST_QUEUES } from "../../../../harness/registry/test-queues.ts";
import { purgePage } from "./cdn-purge.ts";
import { shipOrder } from "./order-ship.ts";
import { grantPoints } from "./points-grant.ts";
import { sendReceipt } from "./receipt-send.ts";
import { fetchReport } from "./report-fetch.ts";
import { tellSupport } from "./support-tell.ts";

/** The task types of docs/handlers.md. */
export const registry = defineRegistry({
  queues: TEST_QUEUES,
  taskTypes: [sendReceipt, grantPoints, purgePage, fetchReport, shipOrder, tellSupport],
});
