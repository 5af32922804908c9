import http from "node:http";
import { text } from "node:stream/consumers";
import { once } from "node:events";

/** A request that is ready to be sent. */
export interface Call {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What came back, and when: in milliseconds of `performance.now()`. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly atMs: number;
}

/** Sends POST requests to a server at `host:port` over connections that are kept. */
export class Caller {
  readonly #agent: http.Agent;
  readonly #host: string;
  readonly #port: number;

  constructor(address: string, connections: number) {
    const [host = "", port] = address.split(":");
    this.#host = host;
    this.#port = Number(port);
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  }

  async send({ path, headers, body }: Call): Promise<Answer> {
    const request = http.request({
      agent: this.#agent,
      host: this.#host,
      port: this.#port,
      path,
      method: "POST",
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers },
    });
    request.end(body);
    const [response]: http.IncomingMessage[] = await once(request, "response");
    if (!response) throw new Error("There is no response.");
    return { text: await text(response), status: response.statusCode ?? 0, atMs: performance.now() };
  }

  /**
   * Sends calls, as many at once as there are connections, and returns what came back in the order of the calls.
   *
   * @throws Error when a response is not 2xx.
   */
  async sendAll(calls: readonly Call[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    const rest = calls.entries();
    await Promise.all(
      Array.from({ length: this.#agent.maxSockets }, async () => {
        for (const [index, call] of rest) answers[index] = succeeded(await this.send(call), call);
      }),
    );
    return answers;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** @throws Error when it is not 2xx. */
export function succeeded(answer: Answer, call: Call): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`POST ${call.path} was answered ${answer.status}: ${answer.text.slice(0, 500)}`);
}
