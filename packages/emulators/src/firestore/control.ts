import { z } from "zod";
import { callFaultSchema, createControlListener } from "../control/control-app.ts";
import type { ControlListener } from "../control/control-surface.ts";
import type { Clock } from "../kernel/clock.ts";
import type { FirestoreEmulator } from "./emulator-options.ts";

const resetSchema = z.strictObject({
  project: z.string().exactOptional(),
  database: z.string().exactOptional(),
});

/** Serves `/_emulator/` of the Firestore emulator. */
export function createFirestoreControl(emulator: FirestoreEmulator, clock: Clock): ControlListener {
  return createControlListener({ service: "firestore", clock, emulator, faultSchema: callFaultSchema, resetSchema });
}
