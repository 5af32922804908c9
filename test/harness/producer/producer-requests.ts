/** A producer's response, with its body read. */
export interface ProducerResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: ResponseBody;
}

/** The fields of tasks and of problems, any of which may be missing. */
interface ResponseBody {
  readonly id: string;
  readonly state: string;
  readonly createdAt: string;
  readonly scheduleTime: string;
  readonly code: string;
  readonly detail: string;
  readonly problems: readonly { path: string; message: string }[];
}

/** Sends requests to the producer at an address, and reads its responses. */
export function requestsTo(url: string) {
  const send = async (path: string, init: RequestInit = {}) => readResponse(await fetch(`${url}${path}`, init));
  const post = (body: NonNullable<RequestInit["body"]>, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    send("/v1/tasks", { method: "POST", headers: { "content-type": "application/json", ...headers }, body, ...init });
  return {
    send,
    post,
    /** Requests a task; `key` is the idempotency key. */
    enqueue: (body: unknown, key?: string) =>
      post(JSON.stringify(body), key === undefined ? {} : { "idempotency-key": key }),
    cancel: (id: string) => send(`/v1/tasks/${id}`, { method: "DELETE" }),
  };
}

async function readResponse(response: Response): Promise<ProducerResponse> {
  const text = await response.text();
  const body: ResponseBody = JSON.parse(text);
  return { status: response.status, headers: response.headers, text, body };
}
