import { textOf } from "../../../infra/preview/wire-values.ts";
import { type Graph, at, ofType, the } from "./graph.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const ON_SECRET = "gcp:secretmanager/secretIamMember:SecretIamMember";

/** How the names of grants on secrets begin that aren't the stack's own. */
export const GIVEN_SECRET = "worker-reads-";

/** What holds for secrets that exist already, and for the way out of the worker's requests. */
export const WORKER_POLICIES: Readonly<Record<string, (graph: Graph) => string[]>> = {
  "a service reads a secret by a version's number, and may read it": (graph) =>
    ofType(graph, SERVICE).flatMap((service) =>
      secretsOf(service)
        .filter(({ secret, version, member }) => !/^\d+$/.test(version) || !mayRead(graph, { secret, member }))
        .map(({ secret, version }) => `${service.name}: ${secret} ${version}`),
    ),

  "nobody may read a secret that it isn't given": (graph) => {
    const read = new Set(
      ofType(graph, SERVICE).flatMap((it) => secretsOf(it).map(({ secret, member }) => `${member} ${secret}`)),
    );
    return ofType(graph, ON_SECRET)
      .filter(({ inputs }) => !read.has(`${textOf(inputs["member"])} ${textOf(inputs["secretId"])}`))
      .map(({ name }) => name);
  },

  "a network of the stack's own takes all that the worker sends": (graph) => {
    const hasNetwork = ofType(graph, "gcp:compute/network:Network").length > 0;
    const egress = at(the(graph, SERVICE, "worker").inputs, "template.vpcAccess.egress");
    return hasNetwork && egress !== "ALL_TRAFFIC" ? [`the worker sends ${textOf(egress ?? "nothing")} through it`] : [];
  },
};

/** What a service reads from Secret Manager, by full names, and as whom. */
function secretsOf({ inputs }: Graph[number]) {
  const member = `serviceAccount:${textOf(at(inputs, "template.serviceAccount") ?? "nobody")}`;
  const envs = Object.values(at(inputs, "template.containers[0].envs") ?? {});
  return envs.flatMap((env) => {
    const from = at(env, "valueSource.secretKeyRef");
    if (from === undefined) return [];
    const secret = textOf(at(from, "secret") ?? "");
    const full = secret.includes("/") ? secret : `projects/my-project-123/secrets/${secret}`;
    return [{ secret: full, version: textOf(at(from, "version") ?? ""), member }];
  });
}

function mayRead(graph: Graph, { secret, member }: { readonly secret: string; readonly member: string }): boolean {
  return ofType(graph, ON_SECRET).some(
    ({ inputs }) => inputs["secretId"] === secret && textOf(inputs["member"]) === member,
  );
}
