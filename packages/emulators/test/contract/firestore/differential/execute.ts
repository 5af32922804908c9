import { status } from "@grpc/grpc-js";
import { type Json, type JsonObject, asObject, isArray, mapJson, without } from "./json.ts";
import { Memory } from "./memory.ts";
import { type Operation, PROJECT } from "./operation.ts";
import type { WireResult, WireClient } from "./wire-client.ts";

/** A result that can be compared with another emulator's. Its replies have no times, nothing random, and nothing else that an emulator chooses. */
export interface CallResult {
  readonly code: status;
  /** For people. That of a BatchWrite includes those of its writes. */
  readonly message: string;
  readonly replies: readonly JsonObject[];
}

/** One case on one emulator, in projects of its own. */
export interface Session {
  run(operation: Operation): Promise<CallResult>;
}

/** Begins a case. Its projects are named for `runId`, which has only letters and digits. */
export function newSession(client: WireClient, runId: string): Session {
  const memory = new Memory();
  const project = `${PROJECT}${runId}`;
  return {
    async run({ call, request }) {
      const sent = asObject(memory.resolve(rename(request, PROJECT, project)));
      const result = await client.call(call, sent);
      const replies = result.code === status.OK ? result.replies : [];
      memory.remember(replies, call === "BeginTransaction" || Object.hasOwn(request, "newTransaction"));
      const plain = replies.map((reply) => asObject(rename(memory.normalise(reply), project, PROJECT)));
      return { code: result.code, message: messageOf(result), replies: inOrder(call, plain) };
    },
  };
}

/** Replaces a project at the start of resource names. */
function rename(json: Json, from: string, to: string): Json {
  if (typeof json === "string") return json.startsWith(from) ? to + json.slice(from.length) : json;
  return mapJson(json, (inner) => rename(inner, from, to));
}

function messageOf({ message, replies }: WireResult): string {
  const statuses = replies.flatMap(({ status: each }) => (isArray(each) ? each : []));
  return [message, ...statuses.map((each) => JSON.stringify(asObject(each)["message"] ?? ""))].join(" ").trim();
}

/** Replies without what an emulator may choose: when it sends the transaction, and the order of documents read by name. */
function inOrder(call: string, replies: readonly JsonObject[]): JsonObject[] {
  const begun = replies.flatMap(({ transaction }) => (transaction === undefined ? [] : { transaction }));
  const rest = replies.map((reply) => without(reply, "transaction")).filter((reply) => Object.keys(reply).length > 0);
  return [...begun, ...(call === "BatchGetDocuments" ? rest.toSorted(byText) : rest)];
}

const byText = (a: JsonObject, b: JsonObject): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
