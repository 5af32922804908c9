import http from "node:http";
import * as z from "zod";

/** Hands tasks over to a producer, by so many callers who each wait for their response before their next request. */
const { producerUrl, types, tasks, callers } = z
  .object({ producerUrl: z.string(), types: z.array(z.string()), tasks: z.int(), callers: z.int() })
  .parse(JSON.parse(process.argv[2] ?? ""));

const ACCEPTED = 202;
const agent = new http.Agent({ keepAlive: true, maxSockets: callers });
let next = 0;

const startedNs = process.hrtime.bigint();
await Promise.all(Array.from({ length: callers }, call));
process.stdout.write(`${JSON.stringify({ startedNs: `${startedNs}` })}\n`);
process.exit(0);

async function call(): Promise<void> {
  for (let n = next++; n < tasks; n = next++) await enqueue(types[n % types.length] ?? "");
}

function enqueue(type: string): Promise<void> {
  const body = JSON.stringify({ type, payload: { sentAt: "2026-01-01T00:00:00Z" } });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = http.request(`${producerUrl}/v1/tasks`, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.once("end", () => {
        if (response.statusCode === ACCEPTED) resolve();
        else reject(new Error(`The producer answered ${response.statusCode}.`));
      });
    });
    request.once("error", reject);
    request.end(body);
  });
}
