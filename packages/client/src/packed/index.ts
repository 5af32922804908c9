/** `handoff-client` as `npm run build:client` packs it. The default task types are this repository's. */
import type { registry } from "../../../../shared/tasks/index.ts";
import type { Client as AnyClient } from "../client.ts";
import { createClient as createAnyClient } from "../create-client.ts";
import type { ClientOptions } from "../options.ts";
import type { NewTask as AnyNewTask, TaskTypes } from "../task-types.ts";

export * from "../index.ts";

export type Client<Types extends TaskTypes = typeof registry> = AnyClient<Types>;
export type NewTask<Types extends TaskTypes = typeof registry> = AnyNewTask<Types>;

/**
 * Creates a client. The compiler checks payloads against the task types.
 *
 * @throws TypeError when an option isn't allowed.
 */
export const createClient: <const Types extends TaskTypes = typeof registry>(options: ClientOptions) => Client<Types> =
  createAnyClient;
