import { textOf } from "../../../infra/preview/wire-values.ts";
import { type Graph, at, emailOf, ofType, textsIn, the, variablesOf } from "./graph.ts";
import { accessIn } from "./producer-policies.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const ON_SERVICE = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";
const ON_IAP = "gcp:iap/webCloudRunServiceIamMember:WebCloudRunServiceIamMember";
const IAP_AGENT = "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com";

/** What holds for the console, which the examples have: the development one without Identity-Aware Proxy, the other with it. */
export const CONSOLE_POLICIES: Readonly<Record<string, (graph: Graph) => string[]>> = {
  "the console's account may call the producer and do nothing else": (graph) => {
    const member = `serviceAccount:${emailOf("console", graph)}`;
    const producer = the(graph, SERVICE, "producer").inputs["name"];
    const isNeeded = ({ type, inputs }: Graph[number]): boolean =>
      type === ON_SERVICE && inputs["name"] === producer && inputs["role"] === "roles/run.invoker";
    const grants = graph.filter(({ inputs }) => inputs["member"] === member);
    const others = grants.filter((grant) => !isNeeded(grant)).map(({ name }) => name);
    return grants.length - others.length === 1 ? others : [...others, "it may not call the producer"];
  },

  "behind Identity-Aware Proxy nobody but its agent may call the console; without it, no agent may": (graph) => {
    const { isBehindIap, grants } = aroundConsole(graph);
    const callers = grants
      .filter(({ inputs }) => inputs["role"] === "roles/run.invoker")
      .map(({ inputs }) => textOf(inputs["member"]));
    const agents = callers.filter((member) => member === IAP_AGENT);
    if (!isBehindIap) return agents;
    return agents.length === 1 && callers.length === 1 ? [] : [callers.join(", ")];
  },

  "operators and viewers are all who may use the console, by Google's smallest roles": (graph) => {
    const { isBehindIap, grants } = aroundConsole(graph);
    const { operators, viewers } = accessIn(graph);
    const roles = isBehindIap ? ["roles/iap.httpsResourceAccessor"] : ["roles/run.invoker", "roles/run.viewer"];
    const expected = [...operators, ...viewers].flatMap((email) => roles.map((role) => `${role} user:${email}`));
    const found = grants
      .filter(({ inputs }) => inputs["member"] !== IAP_AGENT)
      .map(({ inputs }) => `${textOf(inputs["role"])} ${textOf(inputs["member"])}`);
    const missing = expected.filter((grant) => !found.includes(grant));
    return [...missing, ...found.filter((grant) => !expected.includes(grant))];
  },

  "no other service may be looked up": (graph) => {
    const { grants } = aroundConsole(graph);
    const looked = ofType(graph, ON_SERVICE).filter(({ inputs }) => inputs["role"] === "roles/run.viewer");
    return looked.filter((grant) => !grants.includes(grant)).map(({ name }) => name);
  },

  "the console is told by infra who counts, and its one audience": (graph) => {
    const { service, isBehindIap } = aroundConsole(graph);
    const told = variablesOf(service);
    const audiences = textsIn(service.inputs["customAudiences"]);
    const name = textOf(service.inputs["name"]);
    const expected = isBehindIap
      ? ["iap", `/projects/123456789012/locations/europe-west1/services/${name}`, undefined, undefined]
      : ["cloud-run", undefined, `https://${name}.my-project-123.internal`, `https://${name}.my-project-123.internal`];
    const found = [told.get("CONSOLE_IDENTITY"), told.get("IAP_AUDIENCE"), told.get("CONSOLE_AUDIENCE"), audiences[0]];
    return expected.join() === found.join() && audiences.length <= 1 ? [] : [found.join()];
  },

  "the console calls the producer by the address and audience that the producer knows as its own": (graph) => {
    const [told, own] = ["console", "producer"].map((name) => variablesOf(the(graph, SERVICE, name)));
    const shared = ["PRODUCER_URL", "PRODUCER_AUDIENCE"];
    return shared.filter((name) => told?.get(name) === undefined || told.get(name) !== own?.get(name));
  },
};

function aroundConsole(graph: Graph) {
  const service = the(graph, SERVICE, "console");
  const name = service.inputs["name"];
  const grants = ofType(graph, ON_SERVICE, ON_IAP).filter(
    ({ inputs }) => (inputs["name"] ?? inputs["cloudRunServiceName"]) === name,
  );
  return { service, grants, isBehindIap: at(service.inputs, "iapEnabled") === true };
}
