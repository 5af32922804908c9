import type http from "node:http";
import type protobuf from "protobufjs/light.js";
import { countCall } from "../../../rpc/bind-service.ts";
import { httpStatusOf } from "../../../rpc/http-status.ts";
import { type RestSurface, errorJson, sendJson } from "../../../rpc/rest.ts";
import { RpcCode, RpcError } from "../../../rpc/rpc-error.ts";
import type { HttpMethod } from "../../state/task.ts";
import type { QueueTarget } from "../../state/queue-target.ts";
import { HTTP_METHODS, allowsBody } from "../../wire/http-methods.ts";
import type { TaskReply } from "../../wire/wire.ts";
import { type RpcContext, requireQueue } from "../rpc-context.ts";
import { createTaskIn } from "../rpc-tasks.ts";
import { invalidArgument } from "../service-errors.ts";

/** A version of the API that tasks can be buffered by. */
export interface BufferVersion {
  /** Such as `v2`. */
  readonly version: string;
  readonly context: RpcContext;
  /** The version's Task, and how it presents one. */
  readonly taskType: () => protobuf.Type;
  readonly presentTask: (task: TaskReply) => object;
}

const PATH = /^\/(v\w+)\/(projects\/[^/]+\/locations\/[^/]+\/queues\/[^/]+)\/tasks(?:\/([^/:]*))?:buffer$/;

/** The number of UriOverride.Scheme that is HTTP; all others are HTTPS. */
const SCHEME_HTTP = 1;

/**
 * Serves BufferTask, which only REST has: the request itself is the task, and the queue's target says where it goes
 * (https://cloud.google.com/tasks/docs/creating-http-target-tasks#create_a_task_using_the_buffertask_method). The body is
 * the task's body as it is, or an HttpBody in JSON, as Google's generated clients send it.
 */
export function createBufferSurface(versions: readonly BufferVersion[], calls: Map<string, number>): RestSurface {
  return (request, response) => {
    const path = URL.parse(request.url ?? "/", "http://emulator")?.pathname ?? "";
    const [, version, queue = "", taskId = ""] = PATH.exec(path) ?? [];
    const served = versions.find((each) => each.version === version);
    if (!served) return false;
    countCall(calls, "BufferTask");
    void answer({ queue, taskId, request, response }, served);
    return true;
  };
}

interface Buffered {
  readonly queue: string;
  readonly taskId: string;
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
}

async function answer(buffered: Buffered, { context, taskType, presentTask }: BufferVersion): Promise<void> {
  const { queue, request, response } = buffered;
  try {
    const { readBody } = await import("../../../rpc/rest-messages.ts");
    const { writeMessage } = await import("../../../rpc/json/write-message.ts");
    const found = requireQueue(context, queue, "BufferTask");
    const sent = readSent(request, await readBody(request));
    const task = createTaskIn(context, found, {
      task: {
        ...(buffered.taskId === "" ? {} : { name: `${queue}/tasks/${buffered.taskId}` }),
        httpRequest: { url: urlOf(found.settings.config.httpTarget), ...sent },
      },
      responseView: 0,
    });
    const type = taskType();
    const message = type.decode(type.encode(presentTask(task)).finish());
    const json = writeMessage(message, type, { numericEnums: false, fractionalTimes: new Set(["scheduleTime"]) });
    sendJson(response, { status: 200, json: { task: json } });
  } catch (error) {
    const shown = error instanceof RpcError ? error : new RpcError(RpcCode.INTERNAL, String(error));
    sendJson(response, { status: httpStatusOf(shown.code), json: errorJson(shown) });
  }
}

/** The method, the body and its type, as the task will have them. */
function readSent(request: http.IncomingMessage, body: Uint8Array) {
  const method: HttpMethod = HTTP_METHODS.find((known) => known === request.method) ?? "POST";
  const type = request.headers["content-type"];
  const wrapped = type?.startsWith("application/json") === true ? unwrap(body) : undefined;
  const { contentType, data } = wrapped ?? { contentType: type, data: body };
  return {
    httpMethod: HTTP_METHODS.lastIndexOf(method),
    headers: contentType === undefined ? {} : { "Content-Type": contentType },
    ...(allowsBody(method) ? { body: data } : {}),
  };
}

/** The body inside `{"body": {"contentType": …, "data": …}}`. Undefined when it is something else. */
function unwrap(bytes: Uint8Array): { contentType: string | undefined; data: Uint8Array } | undefined {
  const fields = entriesOf(parsed(bytes));
  if (fields?.size === 0) return { contentType: undefined, data: new Uint8Array() };
  const inner = fields?.size === 1 ? entriesOf(fields.get("body")) : undefined;
  const isHttpBody = inner && [...inner.keys()].every((name) => ["contentType", "data", "extensions"].includes(name));
  if (!isHttpBody) return undefined;
  const [contentType, data] = [inner.get("contentType"), inner.get("data")];
  return {
    contentType: typeof contentType === "string" ? contentType : undefined,
    data: Buffer.from(typeof data === "string" ? data : "", "base64"),
  };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

function entriesOf(value: unknown): Map<string, unknown> | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? new Map(Object.entries(value)) : undefined;
}

/** The URL that a queue's target makes of nothing. */
function urlOf(target: QueueTarget | undefined): string {
  const uri = target?.uri;
  if (uri?.host === undefined) throw invalidArgument("The queue must have an HTTP target with a host to buffer tasks.");
  const scheme = uri.scheme === SCHEME_HTTP ? "http" : "https";
  const url = new URL(`${scheme}://${uri.host}/`);
  if (uri.port !== undefined && uri.port !== "0") url.port = uri.port;
  if (uri.path !== undefined) url.pathname = uri.path;
  if (uri.query !== undefined) url.search = uri.query;
  return url.href;
}
