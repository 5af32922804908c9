import { GoogleAuth } from "google-auth-library";
import * as z from "zod";
import { propertyOf } from "../../../../../shared/process/thrown.ts";
import { ConfigError } from "../../../../../shared/runtime/config-error.ts";

const CALL_TIMEOUT_MS = 30_000;

/** A stack's database. */
export interface DatabaseAddress {
  readonly project: string;
  /** Its name, for example `(default)`. */
  readonly database: string;
  /** The location that it should have. Default: any. */
  readonly location?: string | undefined;
}

/** Sends a request with credentials, as Google's own API clients do. */
interface Requester {
  request(options: { url: string; timeout: number }): Promise<{ readonly data: unknown }>;
}

interface AdminApi {
  /** Default: Google's. */
  readonly url?: string;
  /** Default: the default credentials. */
  readonly requester?: Requester;
}

/** A database in the form of the Firestore Admin API. Unknown values are accepted. */
const databaseSchema = z.looseObject({
  type: z.string().default("of no type"),
  databaseEdition: z.string().default("none"),
  concurrencyMode: z.string().default("none"),
  locationId: z.string(),
});

/**
 * Reads what kind of database a stack has.
 *
 * @returns a sentence for each setting that Handoff can't work with; empty if there is none.
 * @throws ConfigError when the database can't be read.
 */
export async function databaseProblems(address: DatabaseAddress, api: AdminApi = {}): Promise<string[]> {
  const { type, databaseEdition, concurrencyMode, locationId } = await readDatabase(address, api);
  const name = `The database ${address.database}`;
  return [
    ...(type === "FIRESTORE_NATIVE" ? [] : [`${name} is ${type}: Handoff needs one in Native mode, FIRESTORE_NATIVE.`]),
    ...(databaseEdition === "STANDARD"
      ? []
      : [`${name} has the edition ${databaseEdition}: Handoff needs the Standard edition, STANDARD.`]),
    ...(concurrencyMode === "PESSIMISTIC"
      ? []
      : [`${name} has the concurrency mode ${concurrencyMode}: Handoff relies on locks, and needs PESSIMISTIC.`]),
    ...(address.location === undefined || address.location === locationId
      ? []
      : [
          `${name} is in ${locationId}, and not in ${address.location}: set handoff:databaseLocation to ${locationId}.`,
        ]),
  ];
}

async function readDatabase({ project, database }: DatabaseAddress, api: AdminApi) {
  const { url = "https://firestore.googleapis.com" } = api;
  const { requester = new GoogleAuth({ scopes: "https://www.googleapis.com/auth/datastore" }) } = api;
  try {
    const path = `projects/${encodeURIComponent(project)}/databases/${encodeURIComponent(database)}`;
    const { data } = await requester.request({ url: `${url}/v1/${path}`, timeout: CALL_TIMEOUT_MS });
    return databaseSchema.parse(data);
  } catch (cause) {
    throw new ConfigError(explain(cause, { project, database }), { cause });
  }
}

function explain(cause: unknown, { project, database }: DatabaseAddress): string {
  const status = propertyOf(cause, "status");
  if (status === 404) return `The project ${project} has no database ${database}.`;
  if (status === 403) {
    return `The default credentials may not see the database ${database}: they need roles/datastore.viewer, or more.`;
  }
  if (typeof status === "number") return `Firestore's response about the database ${database} was ${status}.`;
  if (cause instanceof z.ZodError) return "The Firestore Admin API did not answer as expected.";
  return (
    "The kind of database can't be checked: there are no credentials, or Firestore can't be reached.\n" +
    "  gcloud auth application-default login"
  );
}
