import { isDeepStrictEqual } from "node:util";
import {
  type Faults,
  type OfflineCloud,
  ProviderError,
  type ResourceState,
} from "../../../infra/preview/cloud/offline-cloud.ts";
import type { ProvidedResource } from "../../../infra/preview/recorded-resource.ts";
import { type Fields, fieldsOf, unmarked } from "../../../infra/preview/wire-values.ts";
import type { Asked, Difference, Made, Provider } from "./provider-server.ts";
import { isReplacedBy } from "./replacements.ts";

/** A call that changed something, or failed to. */
export interface Call {
  readonly op: "create" | "update" | "delete";
  readonly urn: string;
  readonly failed: boolean;
}

/**
 * Stands in for the providers that a stack uses, with the cloud of the offline engine behind it. It keeps what it is
 * asked for, and adds the few fields that the program reads. It can't tell what Google would change of that.
 */
export class StandIn implements Provider {
  readonly calls: Call[] = [];
  /** How the next calls end; a test may change it between two runs. */
  faults: Faults = {};
  private readonly cloud: OfflineCloud;
  private readonly made = new Map<string, Made>();
  private readonly attempts = new Map<string, number>();

  constructor(cloud: OfflineCloud) {
    this.cloud = cloud;
  }

  diff({ type, olds, news }: { readonly type: string; readonly olds: Fields; readonly news: Fields }): Difference {
    const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
    const changes = [...keys].filter(
      (key) => key !== "registries" && !isDeepStrictEqual(openOf(olds)[key], openOf(news)[key]),
    );
    return { changes, replaces: changes.filter((key) => isReplacedBy(type, key)) };
  }

  create(asked: Asked): Made {
    return this.keep("create", asked, (resource, attempt) => this.cloud.create(resource, attempt));
  }

  update(asked: Asked): Made {
    const { id, urn } = asked;
    const prior: ResourceState = { id, inputs: {}, outputs: this.made.get(urn)?.outputs ?? {}, failed: false };
    return this.keep("update", asked, (resource, attempt) => this.cloud.update(resource, prior, attempt));
  }

  read({ urn, id }: Asked): Made | undefined {
    const found = this.made.get(urn);
    return found?.id === id ? found : undefined;
  }

  delete({ urn, id }: Asked): void {
    this.calls.push({ op: "delete", urn, failed: false });
    // A replacement has the old one's urn.
    if (this.made.get(urn)?.id === id) this.made.delete(urn);
  }

  invoke(token: string, args: Fields): Fields {
    return this.cloud.invoke(token, openOf(args));
  }

  /** Deletes something behind Pulumi's back. */
  lose(urn: string): void {
    this.made.delete(urn);
  }

  private keep(
    op: "create" | "update",
    { urn, properties }: Asked,
    make: (
      resource: ProvidedResource,
      attempt: { readonly number: number; readonly faults: Faults },
    ) => Pick<ResourceState, "id" | "outputs">,
  ): Made {
    const number = (this.attempts.get(urn) ?? 0) + 1;
    this.attempts.set(urn, number);
    try {
      const { id, outputs } = make(resourceOf(urn, properties), { number, faults: this.faults });
      const made = { id, outputs: { ...outputs, ...properties } };
      this.attempts.delete(urn);
      this.made.set(urn, made);
      this.calls.push({ op, urn, failed: false });
      return made;
    } catch (error) {
      this.calls.push({ op, urn, failed: true });
      if (error instanceof ProviderError && error.left) this.made.set(urn, error.left);
      throw error;
    }
  }
}

function resourceOf(urn: string, properties: Fields): ProvidedResource {
  const [, , types = "", name = ""] = urn.split("::");
  return { urn, name, type: types.split("$").at(-1) ?? "", openInputs: openOf(properties) };
}

/** With secrets in the clear. */
function openOf(fields: Fields): Fields {
  return fieldsOf(unmarked(fields));
}
