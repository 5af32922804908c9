import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";

/** The state after a successful deployment (https://cloud.google.com/run/docs/reference/rest/v2/Condition). */
const SUCCEEDED = "CONDITION_SUCCEEDED";

/**
 * The annotation of a service's template that counts deployments made only because the one before had failed. A changed
 * template makes a new revision.
 */
const REDEPLOYMENTS = "handoff/redeployments";

/** Cloud Run's errors if the service doesn't exist, or its API is off. */
const NO_SERVICE = /not found|has not been used in project|SERVICE_DISABLED/i;

/** A service was deployed, but Cloud Run doesn't report that it works. */
class ServiceNotReadyError extends pulumi.RunError {
  readonly code = "SERVICE_NOT_READY";
}

/** A service as Cloud Run reports it. */
interface DeployedService {
  /** The state of the terminal condition; empty if there is none. */
  readonly state: string;
  readonly message: string;
  /** The annotations of its template. */
  readonly annotations: Annotations;
}

type Annotations = Readonly<Record<string, string>>;

/** A service's name and location. */
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
 * The given annotations, plus those that a service's template needs. While Cloud Run reports that the service doesn't
 * work, they change, so that each update deploys it again and each preview shows that it will. Pulumi's own state isn't
 * enough: it only holds the inputs, and the result of the last successful call.
 *
 * @throws Error during an update, if Cloud Run can't be reached. A preview only warns.
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

/** The result of a request to Cloud Run. If it fails in a preview, this warns and returns undefined. */
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

/** Reads a service from Cloud Run; undefined if there is none. */
export async function readService(place: Place, options: pulumi.InvokeOptions): Promise<DeployedService | undefined> {
  try {
    const { name, terminalConditions, templates } = serviceSchema.parse(
      await gcp.cloudrunv2.getService({ ...place }, options),
    );
    // Still unknown: Pulumi doesn't ask before it has created the resources that the question depends on.
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
