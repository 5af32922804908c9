import { type Harness, startHarness } from "./harness.ts";

export const QUEUES = "/v2/projects/my-project/locations/europe-west1/queues";

/** The parts of responses that tests read, all optional. */
export interface RestResponse {
  readonly name: string;
  readonly state: string;
  readonly scheduleTime: string;
  readonly nextPageToken: string;
  readonly tasks: readonly { readonly name: string; readonly httpRequest: object }[];
  readonly error: {
    readonly code: number;
    readonly status: string;
    readonly message: string;
    readonly details: unknown;
  };
}

/** A response over REST, with its text as it was sent. */
export interface RestAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly json: RestResponse;
}

/** A harness that is called by HTTP and JSON. A body that is text is sent as it is. */
export interface RestHarness extends Harness {
  readonly base: string;
  readonly call: (method: string, path: string, body?: unknown) => Promise<RestAnswer>;
}

export async function startRestHarness(options: Parameters<typeof startHarness>[0] = {}): Promise<RestHarness> {
  const harness = await startHarness(options);
  const base = `http://${harness.emulator.host}:${harness.emulator.port}`;
  const call = async (method: string, path: string, body?: unknown): Promise<RestAnswer> => {
    const sent = typeof body === "string" ? body : JSON.stringify(body);
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${base}${path}`, { method, headers, ...(body === undefined ? {} : { body: sent }) });
    const text = await response.text();
    const type = response.headers.get("content-type");
    const json: RestResponse = type?.startsWith("application/json") === true ? JSON.parse(text) : {};
    return { status: response.status, type, text, json };
  };
  return { ...harness, base, call };
}

/** Creates a queue with a target, which the published client's v2 doesn't know, and returns its name. */
export async function createRoutedQueue(
  { emulator }: Pick<Harness, "emulator">,
  httpTarget: object,
  queueId = "default",
): Promise<string> {
  const name = `${QUEUES.slice("/v2/".length)}/${queueId}`;
  const body = JSON.stringify({ name, httpTarget });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`http://${emulator.host}:${emulator.port}${QUEUES}`, { method: "POST", headers, body });
  if (!response.ok) throw new Error(await response.text());
  return name;
}
