import crypto from "node:crypto";
import type protobuf from "protobufjs/light.js";
import { RpcError } from "../../../rpc/rpc-error.ts";
import { Access } from "../access.ts";
import { entityNotFound, invalidArgument } from "../service-errors.ts";

/** What happened to one request of a batch: a google.rpc.Status. */
export interface RequestStatus {
  readonly code: number;
  readonly message: string;
}

/** An operation as a reply has it: a google.longrunning.Operation, always done. */
export interface OperationReply {
  readonly name: string;
  readonly metadata: AnyReply;
  readonly done: true;
  readonly response?: AnyReply;
  readonly error?: RequestStatus;
}

interface AnyReply {
  readonly type_url: string;
  readonly value: Uint8Array;
}

/** The oldest operation is forgotten when there are more. */
const MAX_OPERATIONS = 1000;

/** The operations that batches have made. They are kept in memory only. */
export class Operations {
  readonly #byName = new Map<string, OperationReply>();

  /**
   * The name of a new operation.
   *
   * @param requestId the caller's id for it; empty to choose one.
   * @throws RpcError INVALID_ARGUMENT when there is an operation with that id.
   */
  newName(location: string, requestId: string): string {
    const id = requestId === "" ? crypto.randomUUID() : requestId;
    const name = `${location}/operations/${id}`;
    if (this.#byName.has(name)) throw invalidArgument(`Duplicate operation id in the batch request: ${id}`);
    return name;
  }

  add(operation: OperationReply): OperationReply {
    this.#byName.set(operation.name, operation);
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > MAX_OPERATIONS && oldest !== undefined) this.#byName.delete(oldest);
    return operation;
  }

  get(name: string): OperationReply | undefined {
    return this.#byName.get(name);
  }

  /** Forgets the operations of a project, or all. */
  forget(project?: string): void {
    for (const name of this.#byName.keys()) {
      if (project === undefined || name.startsWith(`projects/${project}/`)) this.#byName.delete(name);
    }
  }
}

/** Handles google.longrunning.Operations. As in the service, GetOperation is all there is. */
export function createOperationHandlers(operations: Operations) {
  const access = new Access("google.longrunning.Operations");
  return {
    GetOperation({ name }: { name: string }): OperationReply {
      access.resource(name, "GetOperation", (given) =>
        /^projects\/[^/]+\/locations\/[^/]+\/operations\/[^/]+$/.test(given) ? given : undefined,
      );
      const operation = operations.get(name);
      if (!operation) throw entityNotFound();
      return operation;
    },
  };
}

/** Packs a message into an Any. */
export function packed(type: protobuf.Type, message: object): AnyReply {
  return { type_url: `type.googleapis.com/${type.fullName.slice(1)}`, value: type.encode(message).finish() };
}

/**
 * The status of a request that failed.
 *
 * @throws what isn't an RpcError, since it is a bug.
 */
export function statusOf(error: unknown): RequestStatus {
  if (!(error instanceof RpcError)) throw error;
  return { code: error.code, message: error.message };
}
