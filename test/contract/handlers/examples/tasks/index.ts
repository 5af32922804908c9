import { defineRegistry } from "../../../../../shared/contract/registry.ts";
import { TEST_QUEUES } from "../../../../harness/registry/test-queues.ts";
import { purgePage } from "./cdn-purge.ts";
import { grantPoints } from "./points-grant.ts";
import { sendReceipt } from "./receipt-send.ts";

/** The task types of docs/handlers.md. */
export const registry = defineRegistry({ queues: TEST_QUEUES, taskTypes: [sendReceipt, grantPoints, purgePage] });
