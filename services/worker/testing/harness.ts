import type { Firestore } from "@google-cloud/firestore";
import * as z from "zod";
import { DEFAULT_MAX_PAYLOAD_BYTES, type Envelope, sealEnvelope } from "../../../shared/contract/envelope.ts";
import type { Registry } from "../../../shared/contract/registry.ts";
import { deriveTaskId, parseTaskId, randomTaskId } from "../../../shared/contract/task-id.ts";
import { localVariables } from "../../../shared/contract/task-settings.ts";
import type { TaskType } from "../../../shared/contract/task-type.ts";
import { type Clock, systemClock } from "../../../shared/runtime/clock.ts";
import { readConfigAndSettings } from "../../../shared/runtime/config.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { type HandlersFor, assembleHandlers } from "../runner/assemble-handlers.ts";
import type { HandlerResult, RunContext } from "../runner/handler.ts";
import { runInTransaction, untilStuck } from "./attempt.ts";
import { type Part, type QueuesAddress, findEnqueued } from "./enqueued.ts";
import { type FollowUp, toFollowUp } from "./follow-up.ts";

/** The options of a harness. */
export interface HarnessOptions<Tasks extends Registry> {
  readonly registry: Tasks;
  /** A handler for each task type, as `createHandlers` of services/worker/handlers/index.ts returns them. */
  readonly handlers: HandlersFor<Tasks>;
  /** A client of a Firestore emulator. `transaction` tasks need it to run. */
  readonly db?: Firestore;
  /** Default: the system clock. With a `VirtualClock` from handoff-emulators, the test must advance time itself. */
  readonly clock?: Clock;
  /** Values, as text, of variables that task types declare. Default: each variable's local value. */
  readonly settings?: { readonly [Name in SettingName<Tasks["listed"][number]>]?: string };
  /** Where `expectEnqueued` looks: the Cloud Tasks emulator that a producer enqueues into. Default: nowhere. */
  readonly tasks?: QueuesAddress;
}

/** What a handler is told about its attempt. */
export interface RunOptions {
  /** Default 1: the first. */
  readonly attempt?: number;
  /** The task's id, which every attempt of a task shares. Default: a random one. */
  readonly idempotencyKey?: string;
  /** When the task was accepted, as RFC 3339. Default: now, by the harness's clock. */
  readonly enqueuedAt?: string;
  /** Tells the handler to stop, as the worker does when it shuts down. The task type's timeout applies in any case. */
  readonly signal?: AbortSignal;
  /** What the handler is told when it asks whether its task was cancelled. Default: never. */
  readonly isCancelled?: () => boolean;
}

/** Runs handlers as the worker does, but without a worker, and looks into the queues. */
export interface Harness<Tasks extends Registry> {
  /** The lines that handlers have logged, at every level, parsed and in order. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
  /** The tasks that handlers have enqueued, in order, if those handlers succeeded: the worker creates no others. */
  readonly followUps: readonly FollowUp[];
  /**
   * Runs one attempt of a task, and commits a `transaction` task's writes if it succeeds. Keeps no record, so nothing
   * is deduplicated or counted.
   *
   * @returns what the handler returned, cut to what the worker keeps of it. `followUps` has what it enqueued.
   * @throws what the handler throws; a StuckHandlerError if it ignores its signal; a TypeError if the worker would not
   * have run it, for example because of an invalid payload; a transaction's own error if its commit fails.
   */
  run<Type extends TypeName<Tasks>>(
    type: Type,
    payload: PayloadOf<Tasks, Type>,
    options?: RunOptions,
  ): Promise<HandlerResult>;
  /**
   * Looks for a task in the queues. It only sees tasks that haven't succeeded yet: a task that is done is gone.
   *
   * @param payload a part of the task's payload. Objects may have more fields than it names; arrays must be equal.
   * Default: any payload will do.
   * @returns the envelope of the first task that matches.
   * @throws an AssertionError that lists what is in the queues, if no task matches.
   */
  expectEnqueued<Type extends TypeName<Tasks>>(type: Type, payload?: Part<PayloadOf<Tasks, Type>>): Promise<Envelope>;
}

type TypeName<Tasks extends Registry> = Tasks["listed"][number]["type"];

/** What a caller enqueues, before its schema fills in or converts anything. */
type PayloadOf<Tasks extends Registry, Type> = z.input<
  Extract<Tasks["listed"][number], { readonly type: Type }>["payload"]
>;

/** The names of the variables that any of the task types declares. */
type SettingName<Task extends TaskType> = Task extends TaskType ? keyof Task["settings"] & string : never;

/**
 * Creates a harness for tests of your handlers. docs/handlers.md has examples.
 *
 * @throws ConfigError when task types and handlers don't match, or a setting's schema rejects its text.
 */
export function createHarness<const Tasks extends Registry>(options: HarnessOptions<Tasks>): Harness<Tasks> {
  const { registry, db, clock = systemClock, tasks } = options;
  const variables = { ...localVariables(registry.settings), ...options.settings };
  const { settings } = readConfigAndSettings(z.object({}), registry.settings, variables);
  const handlers = assembleHandlers(registry, options.handlers, settings);
  const logs: Record<string, unknown>[] = [];
  const followUps: FollowUp[] = [];
  const log = createLogger({
    service: "worker",
    level: "trace",
    destination: { write: (line) => void logs.push(JSON.parse(line)) },
  });

  return {
    logs,
    followUps,
    async run(type, payload, { signal, isCancelled = () => false, ...told } = {}) {
      const handler = handlers.get(type);
      if (!handler) throw new TypeError(`There is no task type "${type}".`);
      const { taskType } = handler;
      const attempt = attemptOf(taskType, told.attempt);
      const envelope = envelopeOf(taskType, payload, { clock, ...told });
      const prepared = handler.prepare(envelope.payload);
      if (!prepared.ok) {
        const problems = prepared.problems.map(({ path, message }) => `\n  - ${path}: ${message}`);
        throw new TypeError(
          `The payload of ${type} is invalid; the worker would dead-letter the task as invalid_payload:${problems.join("")}`,
        );
      }
      const end = await untilStuck({ taskType, clock, ...(signal ? { signal } : {}) }, (signal) => {
        const { id: idempotencyKey, enqueuedAt } = envelope;
        const context: RunContext = {
          signal,
          isCancelled: () => Promise.resolve(isCancelled()),
          idempotencyKey,
          attempt,
          enqueuedAt,
          clock,
          log,
          followUps: {
            parent: envelope,
            taskType: (name) => registry.types.get(name),
            maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
          },
        };
        if (!handler.inTransaction) return prepared.run(context);
        if (!db) throw new TypeError(`${type} runs in a transaction: pass a db to createHarness.`);
        return runInTransaction(envelope, {
          db,
          run: (transaction) => prepared.run({ ...context, transaction }),
        });
      });
      if (end.kind !== "succeeded") return end;
      const { children = [], ...result } = end;
      followUps.push(...children.map(toFollowUp));
      return result;
    },
    async expectEnqueued(type, payload) {
      if (!tasks)
        throw new TypeError("expectEnqueued needs to know where the queues are: pass tasks to createHarness.");
      return await findEnqueued({ type, ...(payload === undefined ? {} : { payload }) }, tasks);
    },
  };
}

/** @throws RangeError for an attempt that the worker never makes. */
function attemptOf({ type, idempotency, attempts }: TaskType, attempt = 1): number {
  const last = idempotency === "natural" ? 1 : attempts;
  if (Number.isInteger(attempt) && attempt >= 1 && attempt <= last) return attempt;
  const why =
    idempotency === "natural" ? "since a natural task always sees 1" : `since ${type} has ${attempts} attempts`;
  throw new RangeError(`Attempt ${attempt} never happens, ${why}.`);
}

/** The payload is converted to JSON and back, as it is on its way through the queue. */
function envelopeOf(
  taskType: TaskType,
  payload: unknown,
  { clock, idempotencyKey, enqueuedAt }: Pick<RunOptions, "idempotencyKey" | "enqueuedAt"> & { readonly clock: Clock },
): Envelope {
  const { type } = taskType;
  const id = idempotencyKey === undefined ? randomTaskId(taskType) : parseTaskId(idempotencyKey);
  if (!id) {
    const example = deriveTaskId(["key", "local", type, "example"], taskType);
    throw new TypeError(`The idempotencyKey must be a task's id, such as ${example}; deriveTaskId makes them.`);
  }
  const enqueuedAtMs = enqueuedAt === undefined ? clock.now() : Date.parse(enqueuedAt);
  return sealEnvelope({ id, type, payload: JSON.parse(JSON.stringify(payload)), enqueuedAtMs });
}
