/** `handoff-client/outbox` as `npm run build:client` packs it: whoever names no task types gets those of this repository. */
import type { registry } from "../../../../shared/tasks/index.ts";
import { type Client as AnyClient, type ClientOptions, createClient as createAnyClient } from "../outbox/client.ts";
import type { TaskTypes } from "../task-types.ts";

export * from "../outbox/client.ts";

export type Client<Types extends TaskTypes = typeof registry> = AnyClient<Types>;

/**
 * Creates a client that also writes into the outbox. The compiler checks calls by the payloads of the task types.
 *
 * @throws TypeError when an option isn't allowed.
 */
export const createClient: <const Types extends TaskTypes = typeof registry>(options: ClientOptions) => Client<Types> =
  createAnyClient;
