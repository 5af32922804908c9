import type http from "node:http";
import { startWebhookReceiver } from "../../harness/network/webhook-receiver.ts";

/** How a subscriber answers a webhook: with a status, or not before the test says so. */
export type Reaction = number | "hold";

/** One subscriber to webhooks, at an address of its own. */
export interface Subscriber {
  readonly url: string;
  /** The `webhook-id` of each webhook that it accepted. */
  readonly accepted: readonly string[];
  /** From now on it reacts so to every webhook. */
  readonly reactWith: (reaction: Reaction) => void;
  /** Resolves with what answers the next webhook that is held, once it has arrived. */
  readonly nextHeld: () => Promise<(status: number) => void>;
}

/** Any number of subscribers behind one port of loopback. */
export async function startSubscribers() {
  const byPath = new Map<string, (response: http.ServerResponse) => void>();
  const receiver = await startWebhookReceiver((response) => byPath.get(response.req.url ?? "")?.(response));
  return {
    subscribe(reaction: Reaction): Subscriber {
      const path = `/subscriber-${byPath.size + 1}`;
      const accepted: string[] = [];
      let current = reaction;
      let held = Promise.withResolvers<(status: number) => void>();
      byPath.set(path, (response) => {
        const answer = (status: number): void => {
          if (status < 300) accepted.push(String(response.req.headers["webhook-id"]));
          response.writeHead(status).end();
        };
        if (current !== "hold") return answer(current);
        held.resolve(answer);
        held = Promise.withResolvers();
      });
      return {
        url: `http://127.0.0.1:${receiver.port}${path}`,
        accepted,
        reactWith: (next) => void (current = next),
        nextHeld: () => held.promise,
      };
    },
    close: () => receiver.close(),
  };
}
