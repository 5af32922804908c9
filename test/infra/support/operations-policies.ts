import { textOf } from "../../../infra/preview/wire-values.ts";
import { type Graph, emailOf, ofType, textsIn } from "./graph.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const EXCLUSION = "gcp:logging/projectExclusion:ProjectExclusion";
const SINK = "gcp:logging/projectSink:ProjectSink";
const AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig";
const BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig";

/** What keeps a stack from changing what it shares with others in its project. */
export const OPERATIONS_POLICIES: Readonly<Record<string, (graph: Graph) => string[]>> = {
  "only the stack's own logs are kept elsewhere or dropped": (graph) => {
    const ours = new Set(ofType(graph, SERVICE).map(({ inputs }) => textOf(inputs["name"])));
    const filters = ofType(graph, EXCLUSION, SINK).map(({ name, inputs }) => ({
      name,
      filter: textOf(inputs["filter"]),
    }));
    const foreign = filters.filter(({ filter }) => namesIn(filter).some((service) => !ours.has(service)));
    const open = filters.filter(({ filter }) => namesIn(filter).length === 0);
    const shared = [
      ...ofType(graph, BUCKET).map(({ inputs }) => textOf(inputs["bucketId"])),
      ...ofType(graph, SINK).map(({ inputs }) => textOf(inputs["name"])),
    ].filter((name) => name.startsWith("_"));
    return [...[...foreign, ...open].map(({ name, filter }) => `${name}: ${filter}`), ...shared];
  },

  "only our own services' calls aren't audited": (graph) => {
    const own = new Set(["producer", "worker"].map((name) => `serviceAccount:${emailOf(name, graph)}`));
    return ofType(graph, AUDIT).flatMap(({ name, inputs }) =>
      textsIn(inputs["auditLogConfigs"])
        .filter((text) => text.includes("@") && !own.has(text))
        .map((member) => `${name}: ${member}`),
    );
  },

  "images are built for Cloud Run's processors, and not in a preview": (graph) =>
    ofType(graph, "docker-build:index:Image")
      .filter(
        ({ inputs }) => textsIn(inputs["platforms"]).join() !== "linux/amd64" || inputs["buildOnPreview"] !== false,
      )
      .map(({ name }) => name),
};

/** The services that a filter is limited to. */
function namesIn(filter: string): string[] {
  const [, names = ""] =
    /^resource\.type = "cloud_run_revision" AND resource\.labels\.service_name = \(([^)]+)\)/.exec(filter) ?? [];
  return [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
}
