import { parentPort } from "node:worker_threads";
import { registry } from "../../../shared/tasks/index.ts";
import { localRegistry } from "../settings.ts";

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
parentPort?.postMessage(localRegistry(registry));
