import type { Hono } from "hono";
import * as z from "zod";
import {
  ControlError,
  callFaultSchema,
  createControlListener,
  durationSchema,
  frequencyShape,
  readBody,
  readQuery,
} from "../../control/control-app.ts";
import type { ControlListener } from "../../control/control-surface.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { ServedCloudTasks } from "../emulator-options.ts";
import type { AttemptRecord } from "./history.ts";
import { NotIdleError } from "./idle.ts";
import { formatTimeline } from "./timeline.ts";

const selectorShape = {
  queue: z.string().exactOptional(),
  task: z.string().exactOptional(),
};

const deliveryShape = { ...selectorShape, dispatch: z.int().min(1).exactOptional(), ...frequencyShape };

const duplicateSchema = z.discriminatedUnion("when", [
  z.strictObject({ kind: z.literal("duplicate"), when: z.literal("at-once"), ...deliveryShape }),
  z.strictObject({
    kind: z.literal("duplicate"),
    when: z.enum(["late", "after-success"]),
    after: durationSchema.exactOptional(),
    ...deliveryShape,
  }),
]);

const faultSchema = z.discriminatedUnion("kind", [
  callFaultSchema,
  duplicateSchema,
  z.strictObject({ kind: z.literal("delay"), by: durationSchema, ...deliveryShape }),
  z.strictObject({ kind: z.literal("reorder"), within: durationSchema, ...deliveryShape }),
  z.strictObject({ kind: z.enum(["answer-lost", "connection-reset", "deadline-overrun"]), ...deliveryShape }),
]);

const resetSchema = z.strictObject({
  queue: z.string().exactOptional(),
  project: z.string().exactOptional(),
  inFlight: z.enum(["abort", "await"]).exactOptional(),
});

const idleSchema = z.strictObject({
  until: z.enum(["due", "retries", "empty"]).exactOptional(),
  queue: z.string().exactOptional(),
  project: z.string().exactOptional(),
  timeoutMs: z.int().min(0).exactOptional(),
});

const historySchema = z.strictObject({
  ...selectorShape,
  project: z.string().exactOptional(),
  format: z.enum(["json", "text"]).exactOptional(),
});

/** Serves `/_emulator/` of the Cloud Tasks emulator. */
export function createTasksControl(emulator: ServedCloudTasks, clock: Clock): ControlListener {
  return createControlListener({
    service: "cloud-tasks",
    clock,
    emulator,
    faultSchema,
    resetSchema,
    addRoutes(app: Hono) {
      app.get("/history", (c) => {
        const { format = "json", ...selector } = readQuery(c, historySchema);
        const attempts = emulator.history(selector);
        if (format === "text") return c.text(`${formatTimeline(attempts)}\n`);
        return c.json({ attempts: attempts.map(attemptToJson) });
      });
      app.post("/idle", async (c) => {
        try {
          await emulator.waitForIdle(await readBody(c, idleSchema));
        } catch (error) {
          throw error instanceof NotIdleError ? new ControlError(409, error.message) : error;
        }
        return c.json({});
      });
    },
  });
}

/** Bodies become base64. */
function attemptToJson({ request, outcome, ...attempt }: AttemptRecord): object {
  return {
    ...attempt,
    ...(request ? { request: { ...request, body: base64(request.body) } } : {}),
    ...(outcome?.kind === "answered" ? { outcome: { ...outcome, body: base64(outcome.body) } } : { outcome }),
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
