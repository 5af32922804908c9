import type { Resource } from "./call.ts";
import { notFound } from "./refusal.ts";

/** How an operation ends: done at once and well, unless a fault says otherwise. */
export interface OperationEnd {
  /** How often it is asked for before it is done. */
  readonly polls?: number;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Long-running operations (https://google.aip.dev/151), by the name under which they are asked for. */
export class Operations {
  private readonly running = new Map<string, { readonly ended: Resource; pollsLeft: number }>();
  private started = 0;

  /** Starts one below `parent`; its response is `result`, a message of this type. */
  start(
    { product, parent, type }: { readonly product: string; readonly parent: string; readonly type: string },
    result: Resource,
    { polls = 0, error }: OperationEnd = {},
  ): Resource {
    this.started += 1;
    const name = `${parent === "" ? "" : `${parent}/`}operations/operation-${this.started}`;
    const response = { "@type": `type.googleapis.com/${type}`, ...result };
    const ended = { name, metadata: {}, done: true, ...(error ? { error } : { response }) };
    if (polls === 0) return ended;
    this.running.set(`${product}/${name}`, { ended, pollsLeft: polls });
    return { name, metadata: {} };
  }

  /** @throws Refusal if there is none. */
  poll(key: string): Resource {
    const operation = this.running.get(key);
    if (!operation) throw notFound(key);
    operation.pollsLeft -= 1;
    return operation.pollsLeft > 0 ? { name: operation.ended["name"], metadata: {} } : operation.ended;
  }
}
