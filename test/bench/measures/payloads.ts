import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { type Flooded, flood } from "../../harness/overload/flood.ts";
import type { Shape } from "../../harness/overload/costly-payloads.ts";
import { startSmallInstances } from "../../harness/overload/small-instances.ts";

const PROGRAM = path.join(import.meta.dirname, "../programs/payload-cost.ts");
const run = promisify(execFile);
const costSchema = z.object({ plainMs: z.number(), producerMs: z.number(), workerMs: z.number() });

/** What one payload of a shape costs each app, in milliseconds of a processor: medians of `rounds`, in turn. */
export async function measurePayloadCost(shape: Shape, rounds: number): Promise<z.infer<typeof costSchema>> {
  const { stdout } = await run(process.execPath, [PROGRAM, JSON.stringify({ shape, rounds })]);
  return costSchema.parse(JSON.parse(stdout));
}

/** Floods new instances with tasks of a shape, and reports whether they are still the same processes. */
export async function measureFlood(
  shape: Shape,
  load: { readonly largeTasks: number; readonly canaries: number },
): Promise<Flooded & { readonly survived: boolean }> {
  const instances = await startSmallInstances();
  try {
    const flooded = await flood(instances, { shape, ...load });
    return { ...flooded, survived: instances.worker.isAlive() && instances.producer.isAlive() };
  } finally {
    await instances.stop();
  }
}
