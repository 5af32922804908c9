import type resources from "@pulumi/pulumi/proto/resource_pb.js";
import { type Fields, fieldsOf, shown, unmarked } from "./wire-values.ts";

/** A resource as the program asked for it. */
export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** The parent's urn; empty for the stack itself. */
  readonly parent: string;
  /** False for a component, which only groups its children. */
  readonly custom: boolean;
  /** Safe to show: placeholders stand for secrets and unknown values. */
  readonly inputs: Fields;
  /** With secrets in the clear, so that tests can find where they end up. */
  readonly openInputs: Fields;
  readonly protect: boolean;
  readonly ignoreChanges: readonly string[];
  readonly deletedWith: string;
  /** The urns of resources that must exist first, given by an option or derived from its inputs. */
  readonly dependencies: readonly string[];
  /** The urn of the provider chosen for it; empty for the default one. */
  readonly provider: string;
  readonly secretOutputs: readonly string[];
  readonly errorHooks: readonly string[];
  /** The names of the hooks around its creation and its updates. */
  readonly hooks: { readonly create: HookNames; readonly update: HookNames };
}

/** What a provider is told of a resource. */
export type ProvidedResource = Pick<RecordedResource, "urn" | "type" | "name" | "openInputs">;

interface HookNames {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Records a request under this urn. */
export function recordResource(request: resources.RegisterResourceRequest, urn: string): RecordedResource {
  const inputs = request.getObject()?.toJavaScript() ?? {};
  const provider = request.getProvider();
  const hooks = request.getHooks();
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    custom: request.getCustom(),
    inputs: fieldsOf(shown(inputs)),
    openInputs: fieldsOf(unmarked(inputs)),
    protect: request.getProtect() ?? false,
    ignoreChanges: request.getIgnorechangesList(),
    deletedWith: request.getDeletedwith(),
    dependencies: request.getDependenciesList().toSorted(),
    // A provider reference is its urn and its id.
    provider: provider.slice(0, Math.max(0, provider.lastIndexOf("::"))),
    secretOutputs: request.getAdditionalsecretoutputsList(),
    errorHooks: hooks?.getOnErrorList() ?? [],
    hooks: {
      create: { before: hooks?.getBeforeCreateList() ?? [], after: hooks?.getAfterCreateList() ?? [] },
      update: { before: hooks?.getBeforeUpdateList() ?? [], after: hooks?.getAfterUpdateList() ?? [] },
    },
  };
}

/** A resource's urn, as the engine builds it (https://www.pulumi.com/docs/iac/concepts/resources/names/#urns). */
export function urnOf(
  request: Pick<resources.RegisterResourceRequest, "getParent" | "getType" | "getName">,
  stack: string,
): string {
  const parentTypes = request.getParent().split("::")[2] ?? "";
  const isTop = parentTypes === "" || parentTypes === "pulumi:pulumi:Stack";
  const types = isTop ? request.getType() : `${parentTypes}$${request.getType()}`;
  return `urn:pulumi:${stack}::handoff::${types}::${request.getName()}`;
}
