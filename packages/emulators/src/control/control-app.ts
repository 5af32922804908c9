import { getRequestListener } from "@hono/node-server";
import { type Context, Hono } from "hono";
import * as z from "zod";
import { toMillis } from "../kernel/duration.ts";
import type { Clock } from "../kernel/clock.ts";
import type { FaultFrequency, InjectedFault } from "../kernel/fault-set.ts";
import { JsonBodyError, parseJsonBody } from "../kernel/json-body.ts";
import { httpStatusOf } from "../rpc/http-status.ts";
import type { CallFaultCode } from "../kernel/call-faults.ts";
import { RpcCode, RpcError } from "../rpc/rpc-error.ts";
import { VirtualClock } from "../kernel/virtual-clock.ts";
import type { ControlListener } from "./control-surface.ts";
import { PLAIN_WORDS } from "./issue-message.ts";

/** What /_emulator/ controls in every emulator. */
export interface Controllable<Fault extends FaultFrequency, Reset> {
  inject(fault: Fault): InjectedFault;
  /** How often each RPC was called. */
  readonly calls: ReadonlyMap<string, number>;
  faults(): readonly { readonly fault: Fault; readonly hits: number }[];
  clearFaults(): void;
  reset(options: Reset): Promise<void> | void;
}

export interface ControlOptions<Fault extends FaultFrequency, Reset> {
  readonly service: string;
  readonly clock: Clock;
  readonly emulator: Controllable<Fault, Reset>;
  readonly faultSchema: z.ZodType<Fault>;
  readonly resetSchema: z.ZodType<Reset>;
  /** Adds routes that only this emulator has. */
  readonly addRoutes?: (app: Hono) => void;
}

/** A duration in JSON: milliseconds, or a number with a unit. */
export const durationSchema = z.union([z.number(), z.string()]).transform((duration, context) => {
  try {
    return toMillis(duration);
  } catch (error) {
    context.addIssue({ code: "custom", message: String(error instanceof Error ? error.message : error) });
    return z.NEVER;
  }
});

/** A `FaultFrequency` in JSON. */
export const frequencyShape = {
  probability: z.number().min(0).max(1).exactOptional(),
  times: z.int().min(1).exactOptional(),
};

const CODES = Object.keys(RpcCode).filter((code): code is CallFaultCode => code !== "OK");

/** A `CallFault` in JSON. */
export const callFaultSchema = z.strictObject({
  kind: z.literal("call"),
  method: z.string(),
  code: z.enum(CODES),
  when: z.enum(["before", "after"]),
  ...frequencyShape,
});

/** Serves `/_emulator/`: health, clock, counts of calls, faults, reset and what the emulator adds. Errors are problem JSON (RFC 9457). */
export function createControlListener<Fault extends FaultFrequency, Reset>(
  options: ControlOptions<Fault, Reset>,
): ControlListener {
  const { service, clock, emulator, faultSchema, resetSchema } = options;
  const app = new Hono().basePath("/_emulator");
  const time = () => ({ nowMs: clock.now(), now: new Date(clock.now()).toISOString() });
  app.get("/health", (c) => c.json({ status: "ok", service, ...time() }));

  app.get("/clock", (c) => c.json({ ...time(), virtual: clock instanceof VirtualClock }));
  app.post("/clock", async (c) => {
    const { advance } = await readBody(c, z.strictObject({ advance: durationSchema }));
    if (!(clock instanceof VirtualClock)) throw new ControlError(409, WALL_CLOCK);
    await clock.advance(advance);
    return c.json({ ...time(), virtual: true });
  });

  app.get("/calls", (c) => c.json({ calls: Object.fromEntries(emulator.calls) }));
  app.get("/faults", (c) => c.json({ faults: emulator.faults() }));
  app.post("/faults", async (c) => {
    emulator.inject(await readBody(c, faultSchema));
    return c.json({ faults: emulator.faults() }, 201);
  });
  app.delete("/faults", (c) => {
    emulator.clearFaults();
    return c.json({ faults: emulator.faults() });
  });

  app.post("/reset", async (c) => {
    await emulator.reset(await readBody(c, resetSchema));
    return c.json({});
  });
  options.addRoutes?.(app);
  app.notFound(() => respond(new ControlError(404, `Not found. The routes are ${routesOf(app).join(", ")}.`)));
  app.onError(respondWithError);
  const listener = getRequestListener(app.fetch);
  return (request, response) => void listener(request, response);
}

const WALL_CLOCK = "This emulator follows the wall clock. Start it with --virtual-clock, or with a VirtualClock.";

/** One thing that is wrong with a request: where, and what to do about it. */
interface RequestProblem {
  readonly path: string;
  readonly message: string;
}

/** A request that can't be carried out, with the status to respond with. */
export class ControlError extends Error {
  readonly code = "NOT_DONE";
  readonly status: number;
  readonly problems: readonly RequestProblem[];

  constructor(status: number, message: string, problems: readonly RequestProblem[] = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

/**
 * Parses a request's body. No body means no fields.
 *
 * @throws ControlError 400 that lists what is wrong; JsonBodyError when it is not JSON.
 */
export async function readBody<Body>(context: Context, schema: z.ZodType<Body>): Promise<Body> {
  const bytes = await context.req.arrayBuffer();
  return check(schema, bytes.byteLength === 0 ? {} : parseJsonBody(bytes));
}

/** Parses a request's query, as `readBody` does a body. */
export function readQuery<Query>(context: Context, schema: z.ZodType<Query>): Query {
  return check(schema, context.req.query());
}

function check<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value, PLAIN_WORDS);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new ControlError(400, "The request is invalid.", problems);
}

function respondWithError(error: Error): Response {
  if (error instanceof ControlError) return respond(error);
  if (error instanceof RangeError || error instanceof JsonBodyError)
    return respond(new ControlError(400, error.message));
  // The disk is full, for example.
  if (error instanceof RpcError) return respond(new ControlError(httpStatusOf(error.code), error.message));
  return respond(new ControlError(500, error.message));
}

function respond({ status, message, problems }: ControlError): Response {
  const [title, code] = status === 500 ? ["The emulator failed", "internal"] : ["Not done", "not_done"];
  const listed = problems.length > 0 ? { problems } : {};
  const problem = { type: "about:blank", status, title, detail: message, code, ...listed };
  return new Response(JSON.stringify(problem), { status, headers: { "content-type": "application/problem+json" } });
}

function routesOf(app: Hono): string[] {
  return app.routes.map(({ method, path }) => `${method} ${path}`);
}
