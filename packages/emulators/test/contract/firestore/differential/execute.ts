import { status } from "@grpc/grpc-js";
import { type Json, type JsonObject, asObject, isArray, mapJson, without } from "./json.ts";
import { Memory } from "./memory.ts";
import { type Operation, PROJECT } from "./operation.ts";
import type { WireAnswer, WireClient } from "./wire-client.ts";

/** An answer that can be compared with another emulator's: nothing of time, chance or its own making is in its replies. */
export interface Answer {
  readonly code: status;
  /** For people; a BatchWrite's has those of its writes. */
  readonly message: string;
  readonly replies: readonly JsonObject[];
}

/** One case on one emulator, operation by operation, in projects of its own. */
export interface Session {
  run(operation: Operation): Promise<Answer>;
}

/** Begins a case; `runId`, of letters and digits, makes its projects different from every other run's. */
export function newSession(client: WireClient, runId: string): Session {
  const memory = new Memory();
  const project = `${PROJECT}${runId}`;
  return {
    async run({ call, request }) {
      const sent = asObject(memory.resolve(rename(request, PROJECT, project)));
      const answer = await client.call(call, sent);
      const replies = answer.code === status.OK ? answer.replies : [];
      memory.remember(replies, call === "BeginTransaction" || Object.hasOwn(request, "newTransaction"));
      const plain = replies.map((reply) => asObject(rename(memory.normalise(reply), project, PROJECT)));
      return { code: answer.code, message: messageOf(answer), replies: inOrder(call, plain) };
    },
  };
}

/** Puts one project in the place of another, wherever a resource name starts with it. */
function rename(json: Json, from: string, to: string): Json {
  if (typeof json === "string") return json.startsWith(from) ? to + json.slice(from.length) : json;
  return mapJson(json, (inner) => rename(inner, from, to));
}

function messageOf({ message, replies }: WireAnswer): string {
  const statuses = replies.flatMap(({ status: each }) => (isArray(each) ? each : []));
  return [message, ...statuses.map((each) => JSON.stringify(asObject(each)["message"] ?? ""))].join(" ").trim();
}

/** Replies without what an emulator may choose: when it tells of the transaction, and the order of documents got by name. */
function inOrder(call: string, replies: readonly JsonObject[]): JsonObject[] {
  const begun = replies.flatMap(({ transaction }) => (transaction === undefined ? [] : { transaction }));
  const rest = replies.map((reply) => without(reply, "transaction")).filter((reply) => Object.keys(reply).length > 0);
  return [...begun, ...(call === "BatchGetDocuments" ? rest.toSorted(byText) : rest)];
}

const byText = (a: JsonObject, b: JsonObject): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
