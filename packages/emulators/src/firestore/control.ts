import * as z from "zod";
import { callFaultSchema, createControlListener, durationSchema, frequencyShape } from "../control/control-app.ts";
import type { ControlListener } from "../control/control-surface.ts";
import type { Clock } from "../kernel/clock.ts";
import type { FirestoreEmulator } from "./emulator-options.ts";

const streamShape = { method: z.string(), ...frequencyShape };

const faultSchema = z.discriminatedUnion("kind", [
  callFaultSchema,
  z.strictObject({ kind: z.literal("stream-error"), code: callFaultSchema.shape.code, ...streamShape }),
  z.strictObject({ kind: z.enum(["stream-reset", "stream-silence"]), ...streamShape }),
  z.strictObject({ kind: z.literal("stream-delay"), by: durationSchema, ...streamShape }),
]);

const resetSchema = z.strictObject({
  project: z.string().exactOptional(),
  database: z.string().exactOptional(),
});

/** Serves `/_emulator/` of the Firestore emulator. */
export function createFirestoreControl(emulator: FirestoreEmulator, clock: Clock): ControlListener {
  return createControlListener({ service: "firestore", clock, emulator, faultSchema, resetSchema });
}
