import { GoogleAuth } from "google-auth-library";
import { propertyOf } from "../../../../../shared/process/thrown.ts";
import { isThisMachine } from "../../producer.ts";
import { type ChosenTokens, chooseTokens } from "../auth/choose-tokens.ts";
import { type Session, clientWith } from "../session.ts";
import { ownVersion } from "../version.ts";
import { checkKind, checkRules } from "./database-checks.ts";
import { type Finding, findingOf, ok, skipped, warning } from "./finding.ts";
import { LAPTOP_PROJECT, checkPorts, readLaptop } from "./laptop.ts";
import { checkActions, checkDelivery, checkIdentity, checkReady, checkToken } from "./producer-checks.ts";

/** The options that name a deployed stack's database. */
export interface DoctorOptions {
  readonly project?: string;
  readonly database: string;
  readonly collectionPrefix: string;
}

const NODE_MAJOR = 24;

/** Checks a stack, and yields each finding as soon as it is known. */
export async function* diagnose(options: DoctorOptions, session: Session): AsyncGenerator<Finding> {
  const { url, surroundings } = session;
  const { env } = surroundings;
  yield await findingOf("versions", async () => checkVersions(process.versions.node));
  const laptop = isThisMachine(url) ? readLaptop(env) : undefined;
  const ports = laptop && (await findingOf("ports", () => checkPorts(url, laptop)));
  if (ports) yield ports;
  const ready = await findingOf("producer", () => checkReady(url, surroundings));
  yield ready;
  if (ready.outcome === "ok") yield* lookThroughProducer(session);
  if (laptop) {
    yield { check: "security rules", ...skipped("the emulator has no security rules") };
    yield { check: "kind of database", ...skipped("the emulator has one kind only") };
    const { FIRESTORE_EMULATOR_HOST: emulator, FIRESTORE_DATABASE: database, COLLECTION_PREFIX } = laptop;
    const address = { project: LAPTOP_PROJECT, database, collectionPrefix: COLLECTION_PREFIX };
    yield ports?.outcome === "ok"
      ? await findingOf("dead letters", async () => (await lettersCheck())(address, emulator))
      : { check: "dead letters", ...skipped("not all programs listen") };
  } else {
    yield* lookAtDatabase(options);
  }
}

function checkVersions(node: string) {
  const versions = `Node ${node}, handoff-client ${ownVersion() ?? "of an unknown version"}`;
  if (Number.parseInt(node, 10) >= NODE_MAJOR) return ok(versions);
  return warning(`${versions}: Handoff is made for Node ${NODE_MAJOR}`);
}

/** The checks that use the producer. */
async function* lookThroughProducer({ url, options, surroundings }: Session): AsyncGenerator<Finding> {
  const { signal } = surroundings;
  let chosen: ChosenTokens | undefined;
  yield await findingOf("token", async () => {
    chosen = await chooseTokens({ url, impersonate: options.impersonate }, surroundings);
    return await checkToken(url, chosen);
  });
  if (!chosen) return;
  const client = clientWith({ url, tokens: chosen.tokens }, surroundings);
  const identity = await findingOf("who you are", () => checkIdentity(client, signal));
  yield identity;
  if (identity.outcome === "ok") yield await findingOf("what you may do", () => checkActions(client, signal));
  yield await findingOf("delivery", () => checkDelivery(client, signal));
}

/** The checks that use Google's APIs on a deployed stack's database. */
async function* lookAtDatabase({ project: named, database, collectionPrefix }: DoctorOptions): AsyncGenerator<Finding> {
  const project = named ?? (await defaultProject());
  if (project === undefined) {
    yield {
      check: "database",
      ...skipped("the stack's project isn't known: name it with --project, and its --database"),
    };
    return;
  }
  const address = { project, database };
  yield await findingOf("security rules", () => checkRules(address));
  yield await findingOf("kind of database", () => checkKind(address));
  yield (await hasCredentials())
    ? await findingOf("dead letters", async () => (await lettersCheck())({ ...address, collectionPrefix }))
    : { check: "dead letters", ...skipped("there are no default credentials to read the database with") };
}

/** The check that needs Firestore's client, which users of the client package needn't install. */
async function lettersCheck() {
  try {
    return (await import("./letters-check.ts")).checkLetters;
  } catch (error) {
    if (propertyOf(error, "code") !== "ERR_MODULE_NOT_FOUND") throw error;
    return () => Promise.resolve(skipped("the package @google-cloud/firestore is not installed here"));
  }
}

/** Without credentials, Firestore's client causes an unhandled rejection, which ends the process. */
async function hasCredentials(): Promise<boolean> {
  try {
    await new GoogleAuth().getClient();
    return true;
  } catch {
    return false;
  }
}

/** The project of the default credentials, or of gcloud. */
async function defaultProject(): Promise<string | undefined> {
  try {
    return await new GoogleAuth().getProjectId();
  } catch {
    return undefined;
  }
}
