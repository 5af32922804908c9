import { expect, it, onTestFinished, vi } from "vitest";
import { listenCall } from "../../../../src/firestore/calls/listen-call.ts";
import { CommitTimes } from "../../../../src/firestore/store/commit-times.ts";
import { Database } from "../../../../src/firestore/database.ts";
import { Databases } from "../../../../src/firestore/databases.ts";
import { Listener, type WireTarget } from "../../../../src/firestore/listening/listener.ts";
import { ResumeTokens } from "../../../../src/firestore/listening/resume-token.ts";
import { parseWrite } from "../../../../src/firestore/store/write.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";

const ROOT = "projects/p/databases/d/documents";

/** A ListenResponse. */
interface Reply {
  readonly targetChange?: { readonly targetChangeType: number; readonly cause?: { readonly code: number } };
  readonly documentChange?: { readonly document: { readonly name: string } };
  readonly documentRemove?: { readonly document: string };
  readonly documentDelete?: { readonly document: string };
}

const TARGET_CHANGES = ["NO_CHANGE", "ADD", "REMOVE", "CURRENT", "RESET"];

function inShort({ targetChange, documentChange, documentRemove, documentDelete }: Reply): string {
  const lastPart = (name = ""): string => name.slice(name.lastIndexOf("/") + 1);
  if (targetChange) return [TARGET_CHANGES[targetChange.targetChangeType], ...codeOf(targetChange)].join(" ");
  if (documentChange) return `has ${lastPart(documentChange.document.name)}`;
  return documentRemove ? `lost ${lastPart(documentRemove.document)}` : `deleted ${lastPart(documentDelete?.document)}`;
}

const codeOf = ({ cause }: { cause?: { code: number } }): string[] => (cause ? [`(${cause.code})`] : []);

/** A database with one listener, whose caller is behind while `caller.isBehind`. */
function setup() {
  const clock = new VirtualClock();
  const database = new Database({
    root: ROOT,
    clock,
    times: new CommitTimes(clock),
    concurrency: "pessimistic",
    record: () => {},
  });
  const sent: string[] = [];
  const caller = { isBehind: false, breaks: false };
  const ended: unknown[] = [];
  const replies = {
    send(reply: Reply) {
      if (caller.breaks) throw new Error("broken");
      sent.push(inShort(reply));
      return !caller.isBehind;
    },
    end: (error?: unknown) => void ended.push(error),
  };
  const listener = new Listener({ database, replies, tokens: new ResumeTokens() });
  const stopObserving = database.observe(listener);
  onTestFinished(stopObserving);
  return {
    stopObserving,
    clock,
    database,
    listener,
    caller,
    ended,
    /** What has been sent since the last call. */
    news: () => sent.splice(0),
    commit: async (numbers: Readonly<Record<string, number | null>>): Promise<void> => {
      const writes = Object.entries(numbers).map(([path, n]) => {
        const name = `${ROOT}/${path}`;
        return parseWrite(n === null ? { delete: name } : { update: { name, fields: { n: { integerValue: n } } } });
      });
      await database.commit(writes, null);
    },
  };
}

const target = (more: Partial<WireTarget>): WireTarget => ({ targetId: 1, once: false, ...more });

const collection = (more: object = {}) =>
  target({ query: { parent: ROOT, structuredQuery: { from: [{ collectionId: "c" }], ...more } } });

it("sends each commit in the turn in which it is applied, with the read time up to which the caller has everything", async () => {
  const { listener, commit, news } = setup();
  listener.add(collection());
  expect(news()).toEqual(["ADD", "CURRENT", "NO_CHANGE"]);
  await commit({ "c/a": 1, "c/b": 1 });
  expect(news()).toEqual(["has a", "has b", "NO_CHANGE"]);
  await commit({ "c/a": null });
  expect(news()).toEqual(["deleted a", "NO_CHANGE"]);
});

it("sends nothing to a caller that is behind, and then one difference, however many commits made it", async () => {
  const { listener, caller, commit, news } = setup();
  await commit({ "c/gone": 0, "c/same": 0 });
  listener.add(collection());
  caller.isBehind = true;
  await commit({ "c/a": 0 });
  news();

  for (let n = 1; n <= 100; n++) await commit({ "c/a": n, "c/passing": n });
  await commit({ "c/passing": null, "c/gone": null });
  expect(news()).toEqual([]);
  caller.isBehind = false;
  listener.drained();
  expect(news()).toEqual(["has a", "deleted gone", "NO_CHANGE"]);
});

it("sends a target that was added while the caller was behind once it has caught up", async () => {
  const { listener, caller, commit, news } = setup();
  await commit({ "c/a": 0 });
  caller.isBehind = true;
  listener.add(collection());
  expect(news()).toEqual(["ADD"]);
  caller.isBehind = false;
  listener.drained();
  expect(news()).toEqual(["has a", "CURRENT", "NO_CHANGE"]);
});

it("sends nothing for commits that don't affect a target", async () => {
  const { listener, commit, news } = setup();
  await commit({ "c/a": 1, "c/b": 2 });
  listener.add(collection({ orderBy: [{ field: { fieldPath: "n" } }], limit: { value: 1 } }));
  news();
  await commit({ "elsewhere/a": 1, "c/a/c/b": 1, "cc/a": 1 });
  await commit({ "c/b": 3 });
  await commit({ "c/a": 1 });
  expect(news()).toEqual([]);
  await commit({ "c/a": 4 });
  expect(news()).toEqual(["lost a", "has b", "NO_CHANGE"]);
});

it("skips with an offset, and sends what moves into its place", async () => {
  const { listener, commit, news } = setup();
  await commit({ "c/a": 1, "c/b": 2 });
  listener.add(collection({ offset: 1 }));
  expect(news()).toEqual(["ADD", "has b", "CURRENT", "NO_CHANGE"]);
  await commit({ "c/a": null });
  expect(news()).toEqual(["lost b", "NO_CHANGE"]);
});

it("runs a query with a limit once, however many commits change what is in it", async () => {
  const { listener, database, commit, news } = setup();
  for (let n = 0; n < 20; n++) await commit({ [`c/${n}`]: n });
  const queried = vi.spyOn(database.documents, "inScopeOf");
  listener.add(collection({ orderBy: [{ field: { fieldPath: "n" } }], limit: { value: 2 } }));
  expect(news()).toEqual(["ADD", "has 0", "has 1", "CURRENT", "NO_CHANGE"]);
  for (let n = 0; n < 17; n++) {
    await commit({ [`c/${n}`]: null });
    expect(news()).toEqual([`deleted ${n}`, `has ${n + 2}`, "NO_CHANGE"]);
  }
  await commit({ "c/17": 100, "c/0": 0 });
  expect(news()).toEqual(["lost 17", "has 0", "NO_CHANGE"]);
  expect(queried).toHaveBeenCalledTimes(1);
});

it("reports that everything is deleted when the database is cleared", async () => {
  const { listener, commit, database, news } = setup();
  await commit({ "c/a": 1 });
  listener.add(collection());
  listener.add(target({ targetId: 2, documents: { documents: [`${ROOT}/c/a`, `${ROOT}/c/b`] } }));
  news();
  database.clear();
  expect(news()).toEqual(["deleted a", "deleted a", "NO_CHANGE"]);
  await commit({ "c/a": 1 });
  expect(news()).toEqual(["has a", "has a", "NO_CHANGE"]);
});

it("shows the page of a query as it is after commits, a clear and more commits while the caller was behind", async () => {
  const { listener, caller, commit, database, news } = setup();
  await commit({ "c/a": 1, "c/b": 2, "c/c": 3 });
  listener.add(collection({ orderBy: [{ field: { fieldPath: "n" } }], offset: 1, limit: { value: 1 } }));
  expect(news()).toEqual(["ADD", "has b", "CURRENT", "NO_CHANGE"]);
  caller.isBehind = true;
  await commit({ "c/a": 5 });
  news();
  await commit({ "c/d": 0 });
  database.clear();
  await commit({ "c/x": 2, "c/y": 1, "c/z": 3 });
  caller.isBehind = false;
  listener.drained();
  expect(news()).toEqual(["deleted c", "has x", "NO_CHANGE"]);
  await commit({ "c/y": null });
  expect(news()).toEqual(["lost x", "has z", "NO_CHANGE"]);
});

it("sends a keep-alive every 30 s of the wall clock, but not to a caller that is behind or has no target", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { listener, caller, database, news } = setup();
  const wait = (ms: number): string[] => {
    vi.advanceTimersByTime(ms);
    return news();
  };
  expect(wait(60_000)).toEqual([]);
  listener.add(collection());
  news();
  expect(wait(29_999)).toEqual([]);
  expect(wait(1)).toEqual(["NO_CHANGE"]);
  expect(wait(29_999)).toEqual([]);
  caller.isBehind = true;
  expect(wait(1)).toEqual(["NO_CHANGE"]);
  expect(wait(60_000)).toEqual([]);
  database.close();
  expect(vi.getTimerCount()).toBe(0);
});

it("sets no more timers once nobody listens", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { database, stopObserving } = setup();
  const stopOther = database.observe({ committed() {}, cleared() {}, ticked() {}, stopping() {} });
  stopObserving();
  expect(vi.getTimerCount()).toBe(1);
  stopOther();
  expect(vi.getTimerCount()).toBe(0);
});

it("refuses the hundred-and-first target of a stream, and accepts one again when another is removed", () => {
  const { listener, news } = setup();
  for (let targetId = 1; targetId <= 100; targetId++) listener.add({ ...collection(), targetId });
  news();
  listener.add({ ...collection(), targetId: 101 });
  expect(news()).toEqual(["ADD", "REMOVE (8)"]);
  listener.remove(50);
  listener.add({ ...collection(), targetId: 101 });
  expect(news()).toEqual(["REMOVE", "ADD", "CURRENT", "NO_CHANGE"]);
});

it("ends the stream when sending fails, and never fails the commit", async () => {
  const { listener, caller, commit, ended, database } = setup();
  listener.add(collection());
  caller.breaks = true;
  await commit({ "c/a": 1 });
  expect(ended).toMatchObject([{ message: "broken" }]);
  expect(database.documents.get(`${ROOT}/c/a`)).not.toBeNull();
});

it("sends nothing once its call is over", async () => {
  const databases = new Databases(new VirtualClock(), "pessimistic");
  const sent: string[] = [];
  const replies = {
    send(reply: Reply) {
      sent.push(inShort(reply));
      return true;
    },
    end: () => {},
  };
  const call = listenCall(databases)(replies);
  const request = { database: "projects/p/databases/d" };
  call.take({ ...request, addTarget: collection() });
  expect(sent.splice(0)).toEqual(["ADD", "CURRENT", "NO_CHANGE"]);
  call.closed();
  const write = parseWrite({ update: { name: `${ROOT}/c/a`, fields: {} } });
  await databases.of(request.database).commit([write], null);
  databases.clear(() => true);
  expect(sent).toEqual([]);
});
