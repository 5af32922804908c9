import { propertyOf } from "../../../../../shared/process/thrown.ts";
import { ConfigError } from "../../../../../shared/runtime/config-error.ts";
import { type DatabaseAddress, databaseProblems } from "./database-kind.ts";
import { type Result, failed, ok, skipped } from "./finding.ts";

const GOOGLE = "https://firestore.googleapis.com";
const CALL_TIMEOUT_MS = 30_000;

/**
 * Whether the database is of the only kind that Handoff supports.
 *
 * @param api the Firestore Admin API. Default: Google's.
 */
export async function checkKind(
  address: DatabaseAddress,
  api?: Parameters<typeof databaseProblems>[1],
): Promise<Result> {
  let problems: readonly string[];
  try {
    problems = await databaseProblems(address, api);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Either Google says that the database doesn't exist, or it couldn't be asked.
    return propertyOf(error.cause, "status") === 404 ? failed(error.message) : skipped(error.message);
  }
  if (problems.length > 0) return failed(problems.join(" "));
  return ok(`${nameOf(address)}: Native mode, Standard edition, pessimistic concurrency`);
}

/**
 * Whether the database refuses a write without a token: its security rules should refuse everything. The write deletes
 * a document that doesn't exist, on condition that it exists, so that it changes nothing even if it is allowed.
 *
 * @param google Firestore's address. Default: Google's.
 */
export async function checkRules(address: DatabaseAddress, google = GOOGLE): Promise<Result> {
  const { project, database } = address;
  const documents = `projects/${encodeURIComponent(project)}/databases/${encodeURIComponent(database)}/documents`;
  const name = `projects/${project}/databases/${database}/documents/handoff-doctor/nothing`;
  const response = await send(`${google}/v1/${documents}:commit`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ writes: [{ delete: name, currentDocument: { exists: true } }] }),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  if (!response) return skipped(`${google} can't be reached`);
  await response.body?.cancel();
  const { status } = response;
  if (status === 401 || status === 403) return ok(`${nameOf(address)} refuses a write without a token`);
  const isLetThrough = status < 300 || status === 400 || status === 404 || status === 409;
  if (!isLetThrough) return skipped(`Firestore responded ${status}, which tells nothing`);
  return failed(`${nameOf(address)} lets anybody write: publish security rules that refuse everything`);
}

async function send(url: string, init: RequestInit): Promise<Response | undefined> {
  try {
    return await fetch(url, init);
  } catch {
    return undefined;
  }
}

function nameOf({ project, database }: DatabaseAddress): string {
  return `the database ${database} of ${project}`;
}
