import http from "node:http";
import { once } from "node:events";
import { type Client, createClient } from "../../../packages/client/src/index.ts";
import { portOf } from "../../../shared/http/listening-port.ts";
import type { Registry } from "../../../shared/contract/registry.ts";

/** The contents of a stack after some use: tasks in many states, and letters. */
export interface PopulatedStack {
  readonly client: Client;
  /** Tasks by state. */
  readonly tasks: Readonly<Record<"succeeded" | "dead" | "waiting" | "scheduled", string>>;
  readonly letterId: string;
  close(): Promise<void>;
}

/** A subscriber that accepts requests to `/ok`, refuses those to `/gone` for ever, and fails elsewhere. */
async function startSubscriber() {
  const statuses = new Map([
    ["/ok", 204],
    ["/gone", 410],
  ]);
  const server = http.createServer((request, response) => {
    request.resume();
    response.writeHead(statuses.get(request.url ?? "") ?? 500).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Uses a stack with the built-in types for a while. */
export async function populateStack(url: string): Promise<PopulatedStack> {
  const client = createClient({ url, auth: null });
  const subscriber = await startSubscriber();
  const webhook = async (path: string, event: string, options: { readonly delaySeconds?: number } = {}) => {
    const payload = { url: `${subscriber.url}${path}`, event, data: { order: 7, lines: [{ sku: "A-1", count: 2 }] } };
    return (await client.enqueue("webhook.deliver", payload, options)).id;
  };
  const succeeded = await webhook("/ok", "order.paid");
  const dead = await webhook("/gone", "order.refunded");
  const others = await Promise.all([webhook("/gone", "order.paid"), webhook("/gone", "order.shipped")]);
  const transfer = await client.enqueue("ledger.transfer", { from: "savings", to: "rent", amount: 120 });
  const waiting = await webhook("/broken", "order.paid");
  const scheduled = await webhook("/ok", "invoice.due", { delaySeconds: 86_400 });
  await Promise.all([succeeded, dead, ...others, transfer.id].map((id) => client.wait(id)));
  for await (const { attempts = 0 } of client.watch(waiting)) if (attempts > 1) break;
  return { client, tasks: { succeeded, dead, waiting, scheduled }, letterId: dead, close: subscriber.close };
}

/** Every page of the console, by title, for a stack that has been used. */
export function pagesOf(
  { tasks, letterId }: PopulatedStack,
  { queues, types }: Pick<Registry, "queues" | "types">,
): readonly (readonly [name: string, path: string])[] {
  const queue = [...queues.keys()].at(0) ?? "";
  const type = "webhook.deliver";
  const task = `/tasks/${tasks.scheduled}`;
  const letter = `/dead-letters/${letterId}`;
  return [
    ["overview", "/"],
    ["queue", `/queues/${queue}`],
    ["queue-tasks", "/queues/default/tasks"],
    ["queue-purge", `/queues/${queue}/purge`],
    ...Object.entries(tasks).map(([state, id]) => [`task-${state}`, `/tasks/${id}`] as const),
    ["task-cancel", `${task}/cancel`],
    ["task-reschedule", `${task}/reschedule`],
    ["dead-letters", "/dead-letters"],
    ["dead-letters-none", "/dead-letters?type=no.such"],
    ["dead-letters-replay", `/matching-letters/replay?type=${type}`],
    ["dead-letter", letter],
    ["dead-letter-replay", `${letter}/replay`],
    ["dead-letter-delete", `${letter}/delete`],
    ["schedules", "/schedules"],
    ["task-types", "/task-types"],
    ...[...types.keys()].map((name) => [`task-type-${name}`, `/task-types/${name}`] as const),
    ["enqueue", "/enqueue"],
    ...[...types.keys()].map((name) => [`enqueue-${name}`, `/enqueue?type=${name}`] as const),
    ["search-key", "/search?q=order-7"],
    ["no-such-task", `/tasks/${"0".repeat(32)}-${queue}`],
    ["no-such-page", "/no/such/page"],
  ];
}
