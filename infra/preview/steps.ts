import type callbacks from "@pulumi/pulumi/proto/callback_pb.js";
import { runHooks, wantsRetry } from "./callbacks.ts";
import { type Faults, type OfflineCloud, ProviderError, type ResourceState, differs } from "./cloud/offline-cloud.ts";
import type { RecordedResource } from "./recorded-resource.ts";

/** What an update did with a resource, or would do. */
export interface Step {
  readonly urn: string;
  readonly op: "create" | "update" | "same";
}

/** The functions that a program registered, by the names that its resources use. */
export interface Hooks {
  readonly resource: ReadonlyMap<string, callbacks.Callback>;
  readonly error: ReadonlyMap<string, callbacks.Callback>;
}

interface Surroundings {
  readonly cloud: OfflineCloud;
  readonly hooks: Hooks;
  readonly faults: Faults;
}

/** Which step a resource needs. One whose last step failed is updated even without a difference, as by Pulumi. */
export function stepFor(resource: RecordedResource, prior: ResourceState | undefined): Step {
  const { urn } = resource;
  if (!prior) return { urn, op: "create" };
  return { urn, op: prior.failed || differs(resource, prior) ? "update" : "same" };
}

/**
 * Carries out a step as Pulumi's engine does (pkg/resource/deploy/step.go of 3.274), and records what came of it.
 * Replacing and deleting are left out.
 *
 * @throws Error of the provider or of a hook.
 */
export async function takeStep(
  { op }: Step,
  resource: RecordedResource,
  surroundings: Surroundings,
): Promise<ResourceState> {
  const { cloud, hooks } = surroundings;
  const prior = cloud.state.get(resource.urn);
  if (op === "same" && prior) return prior;
  const called = resource.hooks[op === "create" ? "create" : "update"];
  await runHooks(resource, called.before.map(registeredIn(hooks.resource)));
  try {
    const made = await attempt(resource, surroundings);
    cloud.state.set(resource.urn, made);
  } catch (error) {
    if (error instanceof ProviderError && error.left) cloud.state.set(resource.urn, { ...error.left, failed: true });
    throw error;
  }
  // The resource stays in the state if one of these fails.
  await runHooks(resource, called.after.map(registeredIn(hooks.resource)));
  const made = cloud.state.get(resource.urn);
  if (!made) throw new Error(`${resource.urn} is not in the state.`);
  return made;
}

/**
 * Creates or updates a resource, again for as long as the program's hooks ask for it. What a failed creation left is
 * updated; a failed update left what there was before.
 */
async function attempt(resource: RecordedResource, { cloud, hooks, faults }: Surroundings): Promise<ResourceState> {
  const onError = resource.errorHooks.map(registeredIn(hooks.error));
  const prior = cloud.state.get(resource.urn);
  const operation = prior ? "update" : "create";
  const errors: string[] = [];
  let left = prior;
  for (;;) {
    const number = errors.length + 1;
    try {
      return left ? cloud.update(resource, left, { number, faults }) : cloud.create(resource, { number, faults });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      left = prior ?? error.left ?? left;
      errors.unshift(error.message);
      if (!(await wantsRetry({ ...resource, operation, errors }, onError))) throw error;
    }
  }
}

function registeredIn(registered: ReadonlyMap<string, callbacks.Callback>): (name: string) => callbacks.Callback {
  return (name) => {
    const callback = registered.get(name);
    if (!callback) throw new Error(`The hook ${name} was not registered.`);
    return callback;
  };
}
