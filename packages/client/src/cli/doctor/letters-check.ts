import { Firestore, type Query } from "@google-cloud/firestore";
import { PassThroughClient } from "google-auth-library";
import { propertyOf } from "../../../../../shared/process/thrown.ts";
import { prefixedCollections } from "../../../../../shared/records/collections.ts";
import { letterQuery } from "../../../../../shared/records/letters/dead-letter-queries.ts";
import type { DatabaseAddress } from "./database-kind.ts";
import { type Result, failed, ok, skipped, warning } from "./finding.ts";

/** gRPC's statuses (https://grpc.io/docs/guides/status-codes). */
const FAILED_PRECONDITION = 9;
const DENIED: ReadonlySet<unknown> = new Set([7, 16]);

/** Whether there are letters that lists can't show because an earlier revision wrote them. */
export async function checkLetters(
  address: DatabaseAddress & { readonly collectionPrefix: string },
  emulator?: { readonly host: string; readonly port: number },
): Promise<Result> {
  const { project, database, collectionPrefix } = address;
  const db = new Firestore({ projectId: project, databaseId: database, ...(emulator ? settingsFor(emulator) : {}) });
  const letters = db.collection(prefixedCollections(collectionPrefix).deadLetters);
  try {
    // Counted first, so that a letter written meanwhile isn't mistaken for one without a status.
    const all = await count(letters);
    const open = await count(letterQuery(letters, { status: "open" }));
    const replayed = await count(letterQuery(letters, { status: "replayed" }));
    const lacking = all - open - replayed;
    if (lacking <= 0) return ok(`${open} open, ${replayed} replayed`);
    const prefix = collectionPrefix === "" ? "" : ` --collection-prefix ${collectionPrefix}`;
    return warning(
      `${lacking} letters of earlier revisions have no status, so no list shows them: npm run -s dead-letters:backfill ` +
        `-- --project ${project} --database '${database}'${prefix}`,
    );
  } catch (error) {
    const code = propertyOf(error, "code");
    if (code === FAILED_PRECONDITION) return failed("the index by status is missing or not built yet: deploy first");
    if (DENIED.has(code)) return skipped("your default credentials may not read the database");
    throw error;
  } finally {
    await db.terminate();
  }
}

/** For an emulator. Otherwise clients would look for a metadata server, and warn that they found none. */
function settingsFor({ host, port }: { readonly host: string; readonly port: number }) {
  const authClient = new PassThroughClient();
  return { host: `${host}:${port}`, ssl: false, authClient, customHeaders: { Authorization: "Bearer owner" } };
}

async function count(query: Query): Promise<number> {
  return (await query.count().get()).data().count;
}
