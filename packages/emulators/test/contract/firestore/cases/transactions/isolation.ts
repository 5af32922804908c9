import { expect } from "vitest";
import { setupClient } from "../../support/harness.ts";
import type { Subject } from "../../support/case.ts";

export function isolationCases({ address, test }: Subject): void {
  test("keeps projects and databases apart", async () => {
    const { collection, connect, db, projectId } = setupClient(address());
    await collection.doc("a").set({ x: 1 });
    const otherProject = connect({ projectId: `${projectId}-other` });
    const otherDatabase = connect({ databaseId: "other" });
    expect((await otherProject.doc("things/a").get()).exists).toBe(false);
    expect((await otherDatabase.doc("things/a").get()).exists).toBe(false);

    await otherDatabase.doc("things/a").set({ y: 1 });
    expect((await db.doc("things/a").get()).data()).toEqual({ x: 1 });
    expect((await otherDatabase.collection("things").get()).size).toBe(1);
  });

  test("clears one database and leaves the others", async () => {
    const { address: at, collection, connect, db, projectId } = setupClient(address());
    const other = connect({ projectId: `${projectId}-other` });
    await collection.doc("a/b/c").set({});
    await other.doc("things/a").set({ x: 1 });

    const path = `/emulator/v1/projects/${projectId}/databases/(default)/documents`;
    const response = await fetch(`http://${at}${path}`, { method: "DELETE" });
    expect(response.status).toBe(200);
    expect(await db.listCollections()).toEqual([]);
    expect((await other.doc("things/a").get()).data()).toEqual({ x: 1 });
  });

  test("responds Ok over HTTP", async () => {
    const response = await fetch(`http://${address()}/`);
    expect(response.status).toBe(200);
    expect((await response.text()).trim()).toBe("Ok");
  });
}
