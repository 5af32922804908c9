import { expect } from "vitest";
import { type RawHarness, setupRaw } from "../../support/harness.ts";
import type { Subject } from "../../support/case.ts";
import { openListenStream } from "../../support/listening/listen-stream.ts";
import { commit } from "../../support/transactions/raw-transaction.ts";

const documents = (raw: RawHarness, ...paths: string[]) => ({ documents: { documents: paths.map(raw.name) } });

const collection = (raw: RawHarness, collectionId: string) => ({
  query: { parent: `${raw.database}/documents`, structuredQuery: { from: [{ collectionId }] } },
});

export function listenCallCases({ address, test }: Subject): void {
  test("adds a target, sends what is in it, and then the time as of which it is current", async () => {
    const raw = setupRaw(address());
    await commit(raw, [{ path: "c/a", fields: {} }]);
    const stream = openListenStream(raw);
    stream.add({ targetId: 7, ...documents(raw, "c/a", "c/missing") });
    expect(await stream.upTo(/^NO_CHANGE/)).toEqual([
      "ADD 7",
      "7 has c/a",
      "7 deleted c/missing",
      "CURRENT 7",
      "NO_CHANGE",
    ]);
    expect(stream.readTime).not.toBeNull();
    expect(stream.resumeToken.length).toBeGreaterThan(0);
  });

  test("chooses an id for a target when the caller does not", async () => {
    const raw = setupRaw(address());
    const stream = openListenStream(raw);
    stream.add(documents(raw, "c/a"));
    expect(await stream.upTo(/^NO_CHANGE/)).toEqual(["ADD 1", "1 deleted c/a", "CURRENT 1", "NO_CHANGE"]);
  });

  test("sends several targets on one stream, and stops when one is removed", async () => {
    const raw = setupRaw(address());
    const stream = openListenStream(raw);
    stream.add({ targetId: 1, ...documents(raw, "c/a") });
    await stream.upTo(/^NO_CHANGE/);
    stream.add({ targetId: 2, ...documents(raw, "c/a", "c/b") });
    await stream.upTo(/^NO_CHANGE/);

    await commit(raw, [{ path: "c/a", fields: { v: "1" } }]);
    const replies = [...(await stream.upTo(/ has c\/a/)), ...(await stream.upTo(/ has c\/a/))];
    expect(replies).toContain("1 has c/a");
    expect(replies).toContain("2 has c/a");
    stream.remove(1);
    await stream.upTo(/^REMOVE 1$/);
    await commit(raw, [{ path: "c/a", fields: { v: "2" } }]);
    expect(await stream.upTo(/ has c\/a/)).toContain("2 has c/a");
    await commit(raw, [{ path: "c/b", fields: { v: "3" } }]);
    expect((await stream.upTo(/ has c\/b/)).join()).not.toContain("1 has");
  });

  test("sends all changes of a commit before the read time that includes it", async () => {
    const raw = setupRaw(address());
    const stream = openListenStream(raw);
    stream.add({ targetId: 1, ...collection(raw, "c") });
    await stream.upTo(/^NO_CHANGE/);
    await commit(
      raw,
      ["c/a", "c/b", "c/c"].map((path) => ({ path, fields: {} })),
    );
    const changes = (await stream.upTo(/^NO_CHANGE/)).filter((reply) => reply.includes("has"));
    expect(changes).toEqual(["1 has c/a", "1 has c/b", "1 has c/c"]);
  });

  test("refuses to listen to all collections, to groups below a document, and to nearest neighbours", async () => {
    const raw = setupRaw(address());
    const stream = openListenStream(raw);
    const root = `${raw.database}/documents`;
    const ofGroup = { from: [{ collectionId: "c", allDescendants: true }] };
    const refused = [
      { parent: root, structuredQuery: { from: [] } },
      { parent: `${root}/c/a`, structuredQuery: { from: [{ allDescendants: true }] } },
      { parent: `${root}/c/a`, structuredQuery: ofGroup },
      { parent: root, structuredQuery: { from: [{ collectionId: "c" }], findNearest: { limit: { value: 1 } } } },
      { parent: root },
    ];
    for (const query of refused) {
      stream.add({ targetId: 1, query });
      expect(await stream.upTo(/^(?:REMOVE|CURRENT)/)).toEqual(["ADD 1", "REMOVE 1 (3)"]);
    }
    stream.add({ targetId: 1, query: { parent: root, structuredQuery: ofGroup } });
    expect(await stream.upTo(/^CURRENT/)).toEqual(["ADD 1", "CURRENT 1"]);
  });

  test("removes a refused target with the cause, and leaves the others alone", async () => {
    const raw = setupRaw(address());
    const stream = openListenStream(raw);
    stream.add({ targetId: 1, ...collection(raw, "a/b") });
    stream.add({ targetId: 2, ...documents(raw, "c") });
    stream.add({ targetId: 3, ...documents(raw, "c/a") });
    expect(await stream.upTo(/^CURRENT/)).toEqual([
      "ADD 1",
      "REMOVE 1 (3)",
      "ADD 2",
      "REMOVE 2 (3)",
      "ADD 3",
      "3 deleted c/a",
      "CURRENT 3",
    ]);
  });

  test("ignores the removal of a missing target", async () => {
    const raw = setupRaw(address());
    const stream = openListenStream(raw);
    stream.remove(5);
    stream.add({ targetId: 5, ...documents(raw, "c/a") });
    expect(await stream.upTo(/^CURRENT/)).toEqual(["ADD 5", "5 deleted c/a", "CURRENT 5"]);
  });

  test("ends the stream with success when the caller has no more requests", async () => {
    const raw = setupRaw(address());
    const stream = openListenStream(raw);
    stream.add({ targetId: 1, ...documents(raw, "c/a") });
    await stream.upTo(/^NO_CHANGE/);
    stream.finish();
    expect(await stream.ended).toBe(0);
  });

  test("ends the stream when a target has an id that is taken", async () => {
    const raw = setupRaw(address());
    const stream = openListenStream(raw);
    stream.add({ targetId: 1, ...documents(raw, "c/a") });
    await stream.upTo(/^NO_CHANGE/);
    stream.add({ targetId: 1, ...documents(raw, "c/b") });
    expect(await stream.ended).not.toBe(0);
  });

  test("sends only the changes to a listener that resumes", async () => {
    const raw = setupRaw(address());
    await commit(
      raw,
      ["c/a", "c/b", "c/c"].map((path) => ({ path, fields: {} })),
    );
    const first = openListenStream(raw);
    first.add({ targetId: 1, ...collection(raw, "c") });
    await first.upTo(/^NO_CHANGE/);
    const { resumeToken, readTime } = first;
    first.cancel();
    await commit(raw, [
      { path: "c/a", fields: { v: "1" } },
      { path: "c/b", fields: null },
    ]);

    const expected = ["ADD 1", "1 deleted c/b", "1 has c/a", "CURRENT 1", "NO_CHANGE"];
    const byToken = openListenStream(raw);
    byToken.add({ targetId: 1, ...collection(raw, "c"), resumeToken });
    expect(await byToken.upTo(/^NO_CHANGE/)).toEqual(expected);
    const byTime = openListenStream(raw);
    byTime.add({ targetId: 1, ...collection(raw, "c"), readTime });
    expect(await byTime.upTo(/^NO_CHANGE/)).toEqual(expected);
  });

  test("starts over when it does not know the state from which the caller resumes", async () => {
    const raw = setupRaw(address());
    await commit(raw, [{ path: "c/a", fields: {} }]);
    const stream = openListenStream(raw);
    const expected = (id: number): string[] => [
      `ADD ${id}`,
      `RESET ${id}`,
      `${id} has c/a`,
      `CURRENT ${id}`,
      "NO_CHANGE",
    ];
    stream.add({ targetId: 1, ...collection(raw, "c"), resumeToken: Buffer.from("nonsense") });
    expect(await stream.upTo(/^NO_CHANGE/)).toEqual(expected(1));
    stream.add({ targetId: 2, ...collection(raw, "c"), readTime: { seconds: 1 } });
    expect(await stream.upTo(/^NO_CHANGE/)).toEqual(expected(2));
    stream.add({ targetId: 3, ...collection(raw, "c"), readTime: { seconds: 2 ** 40 } });
    expect(await stream.upTo(/^NO_CHANGE/)).toEqual(expected(3));
  });

  test("removes a once-only target as soon as it is current", async () => {
    const raw = setupRaw(address());
    const stream = openListenStream(raw);
    stream.add({ targetId: 1, once: true, ...documents(raw, "c/a") });
    stream.add({ targetId: 2, ...documents(raw, "c/a") });
    expect(await stream.upTo(/^NO_CHANGE/)).toEqual(["ADD 1", "1 deleted c/a", "CURRENT 1", "NO_CHANGE"]);
    expect(await stream.upTo(/^ADD/)).toEqual(["REMOVE 1", "ADD 2"]);
  });
}
