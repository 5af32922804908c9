import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** The condition that says how a service's last deployment ended (https://cloud.google.com/run/docs/reference/rest/v2/Condition). */
const SUCCEEDED = "CONDITION_SUCCEEDED";

/**
 * The annotation of a service's template that counts the deployments that were made only because the one before had
 * not succeeded. A changed template makes a new revision.
 */
const REDEPLOYMENTS = "handoff/redeployments";

/** Cloud Run says so while there is no such service, or while its API is off. */
const NO_SERVICE = /not found|has not been used in project|SERVICE_DISABLED/i;

/** A service was deployed, but Cloud Run doesn't say that it works. */
class ServiceNotReadyError extends pulumi.RunError {
  readonly code = "SERVICE_NOT_READY";
}

/** A service as Cloud Run has it. */
interface DeployedService {
  /** The state of the terminal condition; empty if there is none. */
  readonly state: string;
  readonly message: string;
  /** Those of its template. */
  readonly annotations: Annotations;
}

type Annotations = Readonly<Record<string, string>>;

/** A service's name and where it is. */
export interface Place {
  readonly name: string;
  readonly location: string;
}

const serviceSchema = z.object({
  name: z.string().nullish(),
  terminalConditions: z.array(z.object({ state: z.string().nullish(), message: z.string().nullish() })).nullish(),
  templates: z.array(z.object({ annotations: z.record(z.string(), z.string()).nullish() })).nullish(),
});

/**
 * The annotations that a service's template needs besides those given. They change as long as Cloud Run says that the service doesn't work,
 * so that each update deploys it again, and each preview shows that it will. Pulumi's own state can't tell: it holds
 * what was asked for, and what came of that as of the last call that succeeded.
 *
 * @throws Error during an update, if Cloud Run can't be asked. A preview only warns.
 */
export async function annotationsFor(
  place: Place,
  given: Annotations | undefined,
  options: pulumi.InvokeOptions,
): Promise<Annotations | undefined> {
  const service = await askInPreview(readService(place, options), `It can't be checked whether ${place.name} works`);
  if (!service) return given;
  const redeployments = redeploymentsOf(service) + (service.state === SUCCEEDED ? 0 : 1);
  return redeployments === 0 ? given : { ...given, [REDEPLOYMENTS]: String(redeployments) };
}

/** What was asked of Cloud Run. Where a preview can't ask, it warns of that instead, and undefined is returned. */
export async function askInPreview<Result>(asked: Promise<Result>, warning: string): Promise<Result | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!pulumi.runtime.isDryRun()) throw error;
    void pulumi.log.warn(`${warning}: ${textOf(error)}`);
    return undefined;
  }
}

function redeploymentsOf({ annotations }: DeployedService): number {
  const redeployments = Number.parseInt(annotations[REDEPLOYMENTS] ?? "0", 10);
  return Number.isSafeInteger(redeployments) ? redeployments : 0;
}

/**
 * Checks that a service's newest revision works. Previews don't check.
 *
 * @throws ServiceNotReadyError
 */
export async function requireReady(place: Place, options: pulumi.InvokeOptions): Promise<void> {
  if (pulumi.runtime.isDryRun()) return;
  const service = await readService(place, options);
  if (service?.state === SUCCEEDED) return;
  const said = service ? [service.state, service.message].filter((text) => text !== "").join(": ") : "it doesn't exist";
  throw new ServiceNotReadyError(
    `Cloud Run service ${place.name} isn't ready (${said || "no terminal condition"}). ` +
      `Once the cause is gone, run "pulumi up" again: it deploys a new revision.`,
  );
}

/** Asks Cloud Run for a service; undefined if there is none. */
export async function readService(place: Place, options: pulumi.InvokeOptions): Promise<DeployedService | undefined> {
  try {
    const { name, terminalConditions, templates } = serviceSchema.parse(
      await gcp.cloudrunv2.getService({ ...place }, options),
    );
    // Pulumi doesn't know yet: it won't ask before it has made what the question depends on.
    if (!name) return undefined;
    const [condition] = terminalConditions ?? [];
    return {
      state: condition?.state ?? "",
      message: condition?.message ?? "",
      annotations: templates?.[0]?.annotations ?? {},
    };
  } catch (error) {
    if (NO_SERVICE.test(textOf(error))) return undefined;
    throw error;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
