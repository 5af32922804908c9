import http from "node:http";
import { PassThroughClient } from "google-auth-library";
import { expect, onTestFinished, test } from "vitest";
import { portOf } from "../../../shared/http/listening-port.ts";
import { databaseProblems } from "../../../packages/client/src/cli/doctor/database-kind.ts";

const FITTING = {
  type: "FIRESTORE_NATIVE",
  databaseEdition: "STANDARD",
  concurrencyMode: "PESSIMISTIC",
  locationId: "eur3",
};

/** Stands for the Firestore Admin API, and answers every request so. */
async function startAdminApi(status: number, body: object) {
  const asked: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const api = { url: `http://127.0.0.1:${portOf(server)}`, requester: new PassThroughClient() };
  return {
    asked,
    check: (location?: string) => databaseProblems({ project: "my-project", database: "(default)", location }, api),
  };
}

test("a database of the kind that Handoff needs is accepted", async () => {
  const { asked, check } = await startAdminApi(200, { name: "projects/p/databases/(default)", ...FITTING });

  expect(await check()).toEqual([]);
  expect(await check("eur3")).toEqual([]);
  expect(asked).toEqual(["/v1/projects/my-project/databases/(default)", "/v1/projects/my-project/databases/(default)"]);
});

test.each([
  [{ type: "DATASTORE_MODE" }, "The database (default) is DATASTORE_MODE: Handoff needs one in Native mode"],
  [{ databaseEdition: "ENTERPRISE" }, "The database (default) has the edition ENTERPRISE: Handoff needs the Standard"],
  [{ databaseEdition: undefined }, "The database (default) has the edition none: Handoff needs the Standard edition"],
  [{ concurrencyMode: "OPTIMISTIC" }, "The database (default) has the concurrency mode OPTIMISTIC: Handoff relies"],
  [{ concurrencyMode: "OPTIMISTIC_WITH_ENTITY_GROUPS" }, "has the concurrency mode OPTIMISTIC_WITH_ENTITY_GROUPS"],
  [{ locationId: "nam5" }, "The database (default) is in nam5, and not in eur3: set handoff:databaseLocation to nam5."],
])("a database with %j is refused with a sentence", async (change, sentence) => {
  const { check } = await startAdminApi(200, { ...FITTING, ...change });

  expect(await check("eur3")).toEqual([expect.stringContaining(sentence)]);
});

test("each thing that doesn't fit has a sentence of its own", async () => {
  const { check } = await startAdminApi(200, { locationId: "nam5", type: "DATASTORE_MODE" });

  expect(await check("eur3")).toHaveLength(4);
});

test.each([
  [404, "The project my-project has no database (default)."],
  [403, "The default credentials may not see the database (default): they need roles/datastore.viewer, or more."],
  [400, "Firestore's response about the database (default) was 400."],
])("the Admin API's %s is explained", async (status, sentence) => {
  const { check } = await startAdminApi(status, { error: { code: status, message: "canary", status: "ANY" } });

  await expect(check()).rejects.toThrow(sentence);
});

test("an answer of another form is refused", async () => {
  const { check } = await startAdminApi(200, { name: "x" });

  await expect(check()).rejects.toThrow("The Firestore Admin API did not answer as expected.");
});
