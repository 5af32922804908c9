import type { Fault } from "./fault.ts";
import { type Lateness, LateIam } from "./late-iam.ts";
import { madeUpState } from "./made-up-state.ts";
import type { ProvidedResource } from "../recorded-resource.ts";
import { type Fields, fieldsOf, textOf } from "../wire-values.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const GET_PROJECT = "gcp:organizations/getProject:getProject";
const GET_REGIONS = "gcp:cloudrun/getLocations:getLocations";
const GET_SERVICE = "gcp:cloudrunv2/getService:getService";

/** What Pulumi's state holds of a resource. */
export interface ResourceState {
  readonly id: string;
  readonly inputs: Fields;
  readonly outputs: Fields;
  /** Its last creation or update failed, and left something behind. */
  readonly failed: boolean;
}

/** A service as Cloud Run has it. */
export interface OfflineService {
  readonly annotations: Fields;
  /** How its last deployment ended; undefined if Cloud Run doesn't say. */
  readonly condition: { readonly state: string; readonly message?: string } | undefined;
}

/** How calls end, if not well. */
export interface Faults {
  /** For each attempt (counted from 1) to create or to update a resource. */
  readonly failCreate?: (resource: ProvidedResource, attempt: number) => Fault | undefined;
  readonly failUpdate?: (resource: ProvidedResource, attempt: number) => Fault | undefined;
  /** The condition of a service after a call that succeeds; default: it works. */
  readonly deployedAs?: (serviceName: string) => OfflineService["condition"];
}

/** The how-manyth attempt it is, and how attempts end. */
interface Attempt {
  readonly number: number;
  readonly faults: Faults;
}

/** A call failed. It left this behind, if anything. */
export class ProviderError extends Error {
  readonly code = "PROVIDER";
  readonly left: ResourceState | undefined;

  constructor(message: string, left?: ResourceState) {
    super(message);
    this.left = left;
  }
}

interface CloudOptions {
  readonly regions?: readonly string[];
  readonly quotas?: ReadonlyMap<string, number>;
  readonly iam?: Lateness;
}

/**
 * Stands for what outlives a run of a program: Pulumi's state, and the Cloud Run services that exist. Calls behave as
 * the real provider's do: a creation or an update whose operation fails leaves a service that doesn't work.
 */
export class OfflineCloud {
  /** By urn. */
  readonly state = new Map<string, ResourceState>();
  /** By name. */
  readonly services = new Map<string, OfflineService>();
  /** The regions of Cloud Run; empty if unknown. */
  readonly regions: readonly string[];
  /** How many there may be of a type of resource; no limit for others. */
  readonly quotas: Map<string, number>;
  private readonly iam: LateIam;
  private readonly made = new Map<string, Set<string>>();

  /** IAM changes take effect at once unless `iam` delays them. */
  constructor({ regions = [], quotas = new Map(), iam = { refusals: 0, grantsMs: 0 } }: CloudOptions = {}) {
    this.regions = regions;
    this.quotas = new Map(quotas);
    this.iam = new LateIam(iam);
  }

  /** @throws ProviderError */
  create(resource: ProvidedResource, { number, faults }: Attempt): ResourceState {
    return this.deploy(resource, faults.failCreate?.(resource, number), faults);
  }

  /**
   * The provider compares with what it has in the state. Without a difference it makes no call and reports success.
   *
   * @throws ProviderError
   */
  update(resource: ProvidedResource, prior: ResourceState, { number, faults }: Attempt): ResourceState {
    if (!differs(resource, prior)) return { ...prior, failed: false };
    try {
      return this.deploy(resource, faults.failUpdate?.(resource, number), faults);
    } catch (error) {
      if (!(error instanceof ProviderError) || !error.left) throw error;
      // The state keeps the old values, so the difference stays.
      throw new ProviderError(error.message, prior);
    }
  }

  /**
   * Answers a program's question.
   *
   * @throws Error when there is no such service, in the provider's words.
   */
  invoke(token: string, args: Fields): Fields {
    if (token === GET_PROJECT) return { projectId: textOf(args["projectId"]), number: "123456789012" };
    if (token === GET_REGIONS) return { locations: [...this.regions] };
    // A program only looks up the user who runs it. Here, there is none.
    if (token !== GET_SERVICE) return { accessToken: "made-up-access-token" };
    const name = textOf(args["name"]);
    const service = this.services.get(name);
    if (!service) throw new Error(`invocation of ${GET_SERVICE} returned an error: services/${name} not found`);
    return {
      name,
      terminalConditions: service.condition ? [{ type: "Ready", ...service.condition }] : [],
      templates: [{ annotations: service.annotations }],
    };
  }

  private deploy(resource: ProvidedResource, given: Fault | undefined, { deployedAs }: Faults): ResourceState {
    const fault = given ?? this.overQuota(resource) ?? this.iam.faultOf(resource);
    if (typeof fault === "string") throw new ProviderError(fault);
    const { id, state: outputs } = madeUpState(resource);
    const made: ResourceState = { id, inputs: resource.openInputs, outputs, failed: false };
    if (resource.type === SERVICE)
      this.services.set(textOf(resource.openInputs["name"]), serviceOf(resource, fault, deployedAs));
    if (fault) throw new ProviderError(fault.error, { ...made, failed: true });
    this.iam.note(resource, outputs);
    return made;
  }

  /** As Google words it (https://cloud.google.com/docs/quotas/troubleshoot), where there would be more than the quota. */
  private overQuota({ type, urn }: ProvidedResource): Fault | undefined {
    const made = this.made.get(type) ?? new Set();
    const most = this.quotas.get(type) ?? Infinity;
    const kind = type.split(":").at(-1);
    if (!made.has(urn) && made.size >= most)
      return `Error creating ${kind}: googleapi: Error 429: Quota exceeded for quota metric '${kind}s' and limit '${kind}s per project', rateLimitExceeded`;
    this.made.set(type, made.add(urn));
    return undefined;
  }
}

function serviceOf(
  { openInputs }: ProvidedResource,
  fault: Exclude<Fault, string> | undefined,
  deployedAs: Faults["deployedAs"],
): OfflineService {
  const annotations = fieldsOf(fieldsOf(openInputs["template"] ?? null)["annotations"] ?? null);
  const condition = deployedAs ? deployedAs(textOf(openInputs["name"])) : { state: "CONDITION_SUCCEEDED" };
  return { annotations, condition: fault ? { state: "CONDITION_FAILED", message: fault.error } : condition };
}

/** Whether a resource's requested inputs differ from those in the state. */
export function differs({ openInputs }: ProvidedResource, { inputs }: ResourceState): boolean {
  return JSON.stringify(openInputs) !== JSON.stringify(inputs);
}
