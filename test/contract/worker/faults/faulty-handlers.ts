import { EventEmitter, once } from "node:events";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import {
  type BoundHandler,
  type HandlerContext,
  bindHandler,
  bindTransactionHandler,
  succeeded,
} from "../../../../services/worker/runner/handler.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";

/** What no handler waits for. Each is one way to end a process that doesn't look out for it. */
export const FAULTS = {
  "a promise": () => void Promise.reject(new TypeError("canary")),
  "an async function": () => void failLater(),
  "a timer": () => setTimeout(fail, 1),
  "a microtask": () => queueMicrotask(fail),
  "an emitter without a listener": () => setImmediate(() => new EventEmitter().emit("error", new TypeError("canary"))),
  "a stream": () => void new Readable({ read: fail }).resume(),
  nothing: () => undefined,
  "undefined instead of an error": () => void Promise.reject(undefined),
  "an error whose getters throw": () => void Promise.reject(Object.defineProperties(new Error("canary"), HOSTILE)),
  "a proxy that throws": () => void Promise.reject(new Proxy({}, { get: fail, getPrototypeOf: fail })),
  "ten megabytes": () => void Promise.reject("x".repeat(10_000_000)),
  "half a surrogate pair": () => void Promise.reject(new Error("\ud800")),
  "its own cause": () => {
    const error = new TypeError("canary");
    error.cause = error;
    void Promise.reject(error);
  },
  "several in a row": () => {
    for (let n = 0; n < 5; n++) setTimeout(fail, n);
  },
  "a timer that never ends": () => void setInterval(fail, 1),
  "a promise after the response": () => setTimeout(() => void failLater(), 300),
  "a promise that another task rejects": () => void new Promise((_, reject) => others.push(reject)),
  "another task's promise": () => others.shift()?.(new TypeError("canary")),
} as const;

const names = Object.keys(FAULTS);
const others: ((error: Error) => void)[] = [];
const throwing = { get: fail };
const HOSTILE = { name: throwing, message: throwing, stack: throwing, code: throwing, cause: throwing };

function fail(): never {
  throw new TypeError("canary");
}

async function failLater(): Promise<void> {
  await Promise.resolve();
  fail();
}

const payload = z.strictObject({
  fault: z.enum(names),
  /** How the handler goes on: it returns at once, or when its signal fires, or never. */
  after: z.enum(["succeed", "succeed soon", "wait and succeed", "wait and throw", "hang"]),
  /** How many handlers begin before any leaves its fault. */
  together: z.int().default(1),
});
const limits = { payload, queue: "default", timeoutMs: 20_000, attempts: 2 } as const;

export const faultyClaim = defineTask({ type: "test.claim", idempotency: "claim", ...limits });
export const faultyNatural = defineTask({ type: "test.natural", idempotency: "natural", ...limits });
export const faultyTransaction = defineTask({ type: "test.transaction", idempotency: "transaction", ...limits });

let begun = 0;
const allBegun = Promise.withResolvers<void>();

async function handle(
  { fault, after, together }: z.output<typeof payload>,
  { signal }: Pick<HandlerContext, "signal">,
) {
  if (++begun === together) allBegun.resolve();
  await allBegun.promise;
  FAULTS[parseFault(fault)]();
  if (after === "succeed soon") await pause(500);
  if (after === "hang") await Promise.withResolvers<never>().promise;
  if (after.startsWith("wait") && !signal.aborted) await once(signal, "abort");
  if (after === "wait and throw") throw new RangeError("told to stop");
  return succeeded();
}

function parseFault(name: string): keyof typeof FAULTS {
  return z.custom<keyof typeof FAULTS>((value) => names.includes(String(value))).parse(name);
}

export const faultyHandlers: readonly BoundHandler[] = [
  bindHandler(faultyClaim, handle),
  bindHandler(faultyNatural, handle),
  bindTransactionHandler(faultyTransaction, handle),
];
