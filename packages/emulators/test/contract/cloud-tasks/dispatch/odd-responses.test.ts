import { describe, expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";
import { type RawRequest, startRawTarget, writeInPieces } from "../support/raw-target.ts";

/** What follows the text: nothing, the end of the stream, or a reset of the connection. */
type After = "nothing" | "end" | "reset";

interface Odd {
  readonly what: string;
  readonly text: string;
  readonly method?: "POST" | "HEAD";
  readonly after?: After;
  /** Default 200. */
  readonly status?: number;
}

const ok = (rest: string): string => `HTTP/1.1 200 OK\r\n${rest}`;
const EMPTY = "Content-Length: 0\r\n\r\n";
const chunked = (body: string): string => ok(`Transfer-Encoding: chunked\r\n\r\n${body}`);
const manyHeaders = Array.from({ length: 3000 }, (_, index) => `X-Header-${index}: ${index}\r\n`).join("");

const ODD: readonly Odd[] = [
  // Bodies that must not be there (RFC 9112, section 6.3).
  { what: "204 with a body", text: 'HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n"ok"', status: 204 },
  {
    what: "204 with chunks",
    text: "HTTP/1.1 204 -\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    status: 204,
  },
  {
    what: "204 with the last chunk",
    text: "HTTP/1.1 204 -\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    status: 204,
  },
  { what: "205 with a body", text: "HTTP/1.1 205 -\r\nContent-Length: 2\r\n\r\nok", status: 205 },
  { what: "HEAD with a body", text: ok("Content-Length: 2\r\n\r\nok"), method: "HEAD" },
  { what: "HEAD with chunks", text: chunked("2\r\nok\r\n0\r\n\r\n"), method: "HEAD" },
  // Bodies that don't match their headers.
  { what: "a body longer than its length", text: ok("Content-Length: 2\r\n\r\nok and more") },
  {
    what: "a body longer than its length before the end",
    text: ok("Connection: close\r\nContent-Length: 2\r\n\r\nokay"),
    after: "end",
  },
  { what: "a body shorter than its length", text: ok("Content-Length: 20\r\n\r\nok"), after: "end" },
  { what: "a body cut off by a reset", text: ok("Content-Length: 20\r\n\r\nok"), after: "reset" },
  { what: "a reset in place of the body", text: ok("Content-Length: 20\r\n\r\n"), after: "reset" },
  { what: "a body that never comes", text: ok("Content-Length: 20\r\n\r\n") },
  { what: "a body without an end", text: ok("\r\nok") },
  { what: "chunks without an end", text: chunked("2\r\nok\r\n") },
  { what: "a chunk cut off", text: chunked("20\r\nok"), after: "end" },
  { what: "a chunk whose size is no number", text: chunked("zz\r\nok\r\n0\r\n\r\n") },
  { what: "a chunk that is longer than its size", text: chunked("1\r\nok\r\n0\r\n\r\n") },
  { what: "broken trailers", text: chunked("2\r\nok\r\n0\r\nno colon\r\n\r\n") },
  { what: "trailers", text: chunked("2\r\nok\r\n0\r\nX-Checksum: 1\r\n\r\n") },
  { what: "gzip that isn't", text: ok("Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok") },
  { what: "a second response", text: `${ok(EMPTY)}HTTP/1.1 500 -\r\n${EMPTY}` },
  // Lengths.
  { what: "a length twice", text: ok("Content-Length: 2\r\nContent-Length: 2\r\n\r\nok") },
  { what: "two lengths", text: ok("Content-Length: 2\r\nContent-Length: 3\r\n\r\nok") },
  { what: "a list of lengths", text: ok("Content-Length: 2, 2\r\n\r\nok") },
  { what: "a length that is no number", text: ok("Content-Length: two\r\n\r\nok") },
  { what: "a negative length", text: ok("Content-Length: -1\r\n\r\nok") },
  { what: "an empty length", text: ok("Content-Length:\r\n\r\n") },
  { what: "a length beyond any number", text: ok(`Content-Length: ${"9".repeat(30)}\r\n\r\nok`) },
  {
    what: "a length and chunks",
    text: ok("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
  },
  { what: "an unknown transfer encoding", text: ok("Transfer-Encoding: br\r\n\r\nok"), after: "end" },
  // Headers.
  { what: "20 KB of headers", text: ok(`X-Debug: ${"x".repeat(20_000)}\r\n${EMPTY}`) },
  { what: "2 MB of headers", text: ok(`X-Debug: ${"x".repeat(2_000_000)}\r\n${EMPTY}`) },
  { what: "3,000 headers", text: ok(`${manyHeaders}${EMPTY}`) },
  { what: "a folded header", text: ok(`X-Folded: a\r\n b\r\n${EMPTY}`) },
  { what: "lines that end in LF", text: "HTTP/1.1 200 OK\nContent-Length: 0\n\n" },
  { what: "a CR within a header", text: ok(`X-Odd: a\rb\r\n${EMPTY}`) },
  { what: "a space before a colon", text: ok(`X-Odd : a\r\n${EMPTY}`) },
  { what: "a space in a header's name", text: ok(`X Odd: a\r\n${EMPTY}`) },
  { what: "a header without a colon", text: ok(`Warning, something went wrong\r\n${EMPTY}`) },
  { what: "a header without a name", text: ok(`: a\r\n${EMPTY}`) },
  { what: "a control character in a header", text: ok(`X-Odd: a\u0001b\r\n${EMPTY}`) },
  { what: "a header in Latin-1", text: ok(`X-Odd: caf\u00E9\r\n${EMPTY}`) },
  { what: "a name in Latin-1", text: ok(`X-Caf\u00E9: a\r\n${EMPTY}`) },
  // Status lines.
  { what: "no reason", text: `HTTP/1.1 200\r\n${EMPTY}` },
  { what: "an empty line before the response", text: `\r\n${ok(EMPTY)}` },
  { what: "HTTP/1.0 without a length", text: "HTTP/1.0 200 OK\r\n\r\nok", after: "end" },
  { what: "HTTP/1.2", text: `HTTP/1.2 200 OK\r\n${EMPTY}` },
  { what: "a status that nobody knows", text: `HTTP/1.1 299 -\r\n${EMPTY}`, status: 299 },
  // Informational responses.
  { what: "100 first", text: `HTTP/1.1 100 Continue\r\n\r\n${ok(EMPTY)}` },
  { what: "102 and 103 first", text: `HTTP/1.1 102 -\r\n\r\nHTTP/1.1 103 -\r\nLink: </a>\r\n\r\n${ok(EMPTY)}` },
  {
    what: "103 first, then a length twice",
    text: `HTTP/1.1 103 -\r\n\r\n${ok("Content-Length: 0\r\nContent-Length: 0\r\n\r\n")}`,
  },
  // The end of the connection.
  {
    what: "Connection: close, then a reset",
    text: ok("Connection: close\r\nContent-Length: 2\r\n\r\nok"),
    after: "reset",
  },
  { what: "an offer to upgrade", text: ok(`Connection: Upgrade\r\nUpgrade: h2c\r\n${EMPTY}`) },
];

describe.each(["at once", "in pieces"] as const)("sent %s", (manner) => {
  it.each(ODD)("takes the status of a response with $what", async ({ text, method = "POST", after, status = 200 }) => {
    const { harness, target, queue } = await setup((request) => void respond(request, { text, after, manner }));
    await createTask(harness, queue, { httpRequest: { url: target.url, httpMethod: method } });
    await harness.emulator.waitForIdle({ until: "empty" });
    expect(harness.emulator.history().map(({ outcome, fate }) => [outcome, fate?.kind])).toEqual([
      [expect.objectContaining({ kind: "answered", status }), "done"],
    ]);
    expect(target.requests).toEqual([`${method} /work`]);
  });
});

it.each([
  { what: "no bytes", text: "" },
  { what: "a line that isn't HTTP's", text: "SSH-2.0-OpenSSH_9.9\r\n" },
  { what: "half a status line", text: "HTTP/1.1 2" },
  { what: "headers that don't end", text: "HTTP/1.1 200 OK\r\nX-Odd: a\r\n" },
  { what: "an informational response alone", text: "HTTP/1.1 103 Early Hints\r\n\r\n" },
])("has no status after $what and the end of the connection", async ({ text }) => {
  const { harness, target, queue } = await setup(({ socket }) => void socket.end(text));
  await createTask(harness, queue, { httpRequest: { url: target.url } });
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.emulator.history().map(({ outcome, fate }) => [outcome?.kind, fate?.kind])).toEqual([
    ["unreachable", "given-up"],
  ]);
});

it.each([{ status: 304 }, { status: 500 }, { status: 101 }])(
  "takes $status for a failure, whatever follows the headers",
  async ({ status }) => {
    const { harness, target, queue } = await setup(
      ({ socket }) =>
        void socket.write(`HTTP/1.1 ${status} -\r\nUpgrade: x\r\nConnection: upgrade\r\nContent-Length: 9\r\n\r\nok`),
    );
    await createTask(harness, queue, { httpRequest: { url: target.url } });
    await harness.emulator.waitForIdle({ until: "empty" });
    expect(harness.attempts.map(({ status: seen }) => seen)).toEqual([status]);
    expect(target.requests).toHaveLength(1);
  },
);

it.each(["nothing", "end", "reset"] as const)(
  "takes the status of a target that doesn't read the request's body, then %s",
  async (after) => {
    const { harness, target, queue } = await setup(({ socket }) => {
      socket.pause();
      void respond({ socket, onConnection: 0 }, { text: ok(EMPTY), after, manner: "at once" });
    });
    await createTask(harness, queue, { httpRequest: { url: target.url, body: Buffer.alloc(1_000_000) } });
    await harness.emulator.waitForIdle({ until: "empty" });
    expect(harness.attempts.map(({ status }) => status)).toEqual([200]);
  },
);

test("keeps what has come of a body that doesn't end, and of headers that Node refuses", async () => {
  const texts = [
    ok("Retry-After: 1\r\n\r\nso far"),
    ok("Content-Length: 2\r\nContent-Length: 2\r\nX-Mine: a\r\n\r\nok"),
  ];
  const { harness, target, queue } = await setup(({ socket }) => void socket.write(texts.shift() ?? ""));
  for (const id of ["first", "second"]) {
    await createTask(harness, queue, { id, httpRequest: { url: target.url } });
    await harness.emulator.waitForIdle({ until: "empty" });
  }
  const [first, second] = harness.emulator.history().map(({ outcome }) => outcome);
  expect(first).toMatchObject({ kind: "answered", body: new Uint8Array(Buffer.from("so far")), retryAfterMs: 1000 });
  expect(second).toMatchObject({ kind: "answered", headers: expect.arrayContaining([["X-Mine", "a"]]) });
});

test("ends a delivery whose body doesn't end without moving a virtual clock", async () => {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const { harness, target, queue } = await setup(({ socket }) => void socket.write(ok("\r\nok")), { clock });
  await createTask(harness, queue, { httpRequest: { url: target.url } });
  await clock.advance(0);
  expect(harness.emulator.history()).toMatchObject([{ endedMs: startMs, fate: { kind: "done" } }]);
});

test("takes the status of a response whose body is still coming at the deadline", async () => {
  // Impatient: the clock moves on while the body is awaited.
  const clock = new VirtualClock({ patienceMs: 20 });
  const { harness, target, queue } = await setup(({ socket }) => void socket.write(ok("\r\nok")), { clock });
  await createTask(harness, queue, { httpRequest: { url: target.url }, dispatchDeadline: { seconds: 15 } });
  await clock.advance("15s");
  expect(harness.emulator.history()).toMatchObject([{ outcome: { status: 200 }, fate: { kind: "done" } }]);
});

test("follows no redirect whose body is still coming at the deadline", async () => {
  const clock = new VirtualClock({ patienceMs: 20 });
  const redirect = "HTTP/1.1 307 -\r\nLocation: /elsewhere\r\n\r\nsee";
  const { harness, target, queue } = await setup(({ socket }) => void socket.write(redirect), { clock });
  await createTask(harness, queue, { httpRequest: { url: target.url }, dispatchDeadline: { seconds: 15 } });
  await clock.advance("15s");
  expect(harness.emulator.history()).toMatchObject([{ outcome: { kind: "timeout" } }]);
  expect(target.requests).toEqual(["POST /work"]);
});

test("takes the status of a response whose body is still coming when the emulator stops", async () => {
  const { harness, target, queue } = await setup(({ socket }) => void socket.write(ok("\r\nok")));
  await createTask(harness, queue, { httpRequest: { url: target.url } });
  await expect.poll(() => target.requests).toHaveLength(1);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  await harness.emulator.stop();
  expect(harness.emulator.history()).toMatchObject([{ outcome: { status: 200 }, fate: { kind: "done" } }]);
});

async function setup(respondTo: (request: RawRequest) => void, options: { clock?: VirtualClock } = {}) {
  const harness = await startHarness(options);
  const target = await startRawTarget(respondTo);
  const queue = await createQueue(harness, "default", { retryConfig: { maxAttempts: 1 } });
  return { harness, target, queue };
}

async function respond(
  { socket }: RawRequest,
  { text, after = "nothing", manner }: { text: string; after?: After | undefined; manner: "at once" | "in pieces" },
): Promise<void> {
  if (manner === "in pieces") await writeInPieces(socket, text);
  else await new Promise((resolve) => socket.write(text, "latin1", resolve));
  if (after === "end") socket.end();
  if (after !== "reset") return;
  // A reset overtakes what the other side hasn't read yet.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  socket.resetAndDestroy();
}
