/** `handoff-client/outbox` as `npm run build:client` packs it. The default task types are this repository's. */
import type { registry } from "../../../../shared/tasks/index.ts";
import { type Client as AnyClient, type ClientOptions, createClient as createAnyClient } from "../outbox/client.ts";
import type { TaskTypes } from "../task-types.ts";

export * from "../outbox/client.ts";

export type Client<Types extends TaskTypes = typeof registry> = AnyClient<Types>;

/**
 * Creates a client that also writes into the outbox. The compiler checks payloads against the task types.
 *
 * @throws TypeError when an option isn't allowed.
 */
export const createClient: <const Types extends TaskTypes = typeof registry>(options: ClientOptions) => Client<Types> =
  createAnyClient;
