import * as z from "zod";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { TEST_QUEUES } from "./test-queues.ts";

const common = { timeoutMs: 1_000, attempts: 1 } as const;

const folder = z.strictObject({
  name: z.string().max(20),
  get folders() {
    return z.array(folder).max(3).optional();
  },
});

const postal = z.strictObject({ kind: z.literal("post"), city: z.string().min(1) }).meta({ id: "Address" });
const electronic = z.strictObject({ kind: z.literal("mail"), box: z.string().regex(/^[a-z]+@example\.com$/) });

/** Types whose payload schemas are of many kinds, without rules that JSON Schema can't express. */
export const DESCRIBED_REGISTRY = defineRegistry({
  queues: TEST_QUEUES,
  taskTypes: [
    defineTask({
      ...common,
      type: "call.back",
      queue: "default",
      payload: z.strictObject({
        url: z.url({ protocol: /^https?$/ }).max(100),
        data: anyJson,
        tags: z.record(z.string(), z.string()).optional(),
      }),
    }),
    // Two types whose schemas would have the same name.
    defineTask({ ...common, type: "call-back", queue: "default", payload: z.strictObject({ again: z.boolean() }) }),
    defineTask({ ...common, type: "folder.tidy", queue: "bulk", idempotency: "natural", payload: folder }),
    defineTask({
      ...common,
      type: "parcel.send",
      queue: "critical",
      payload: z
        .strictObject({
          to: z.union([postal, electronic]),
          grams: z.int().min(1).max(30_000),
          gift: z.null().optional(),
        })
        .meta({ examples: [{ to: { kind: "post", city: "Ulm" }, grams: 500 }] }),
    }),
    defineTask({
      ...common,
      type: "count",
      queue: "bulk",
      payload: z.object({ n: z.int().min(1).default(1), ratio: z.number().gt(0).lt(1).optional() }),
    }),
  ],
});
