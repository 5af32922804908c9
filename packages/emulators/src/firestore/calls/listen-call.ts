import type { ReplyStream, RequestSink } from "../../rpc/duplex-call.ts";
import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { Database } from "../database.ts";
import type { Databases } from "../databases.ts";
import { Listener, type WireTarget } from "../listening/listener.ts";
import { ResumeTokens } from "../listening/resume-token.ts";

/** A decoded google.firestore.v1.ListenRequest. One of the two targets is an own member. */
interface ListenRequest {
  readonly database: string;
  readonly addTarget?: WireTarget | null;
  readonly removeTarget?: number;
}

/** The call that listens. All requests of a stream must be for the database of the first. */
export function listenCall(databases: Databases): (replies: ReplyStream) => RequestSink {
  const tokens = new ResumeTokens();
  return (replies) => new ListenStream(databases, { replies, tokens });
}

class ListenStream implements RequestSink {
  readonly #databases: Databases;
  readonly #to: { readonly replies: ReplyStream; readonly tokens: ResumeTokens };
  #open: { readonly database: Database; readonly listener: Listener; readonly close: () => void } | null = null;

  constructor(databases: Databases, to: { replies: ReplyStream; tokens: ResumeTokens }) {
    this.#databases = databases;
    this.#to = to;
  }

  take(request: ListenRequest): void {
    const listener = this.#listenerFor(this.#databases.of(request.database));
    if (request.addTarget) listener.add(request.addTarget);
    else if (Object.hasOwn(request, "removeTarget")) listener.remove(request.removeTarget ?? 0);
    else throw new RpcError(RpcCode.INVALID_ARGUMENT, "A request must add or remove a target.");
  }

  drained(): void {
    this.#open?.listener.drained();
  }

  closed(): void {
    this.#open?.close();
  }

  #listenerFor(database: Database): Listener {
    if (!this.#open) {
      const listener = new Listener({ ...this.#to, database });
      this.#open = { database, listener, close: database.observe(listener) };
    } else if (this.#open.database !== database) {
      throw new RpcError(RpcCode.INVALID_ARGUMENT, "All requests of a stream must be for one database.");
    }
    return this.#open.listener;
  }
}
