import { inspect, isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { textOf } from "../../../infra/preview/wire-values.ts";
import { type Graph, at, emailOf, ofType, textsIn, the, variablesOf } from "./graph.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const MAY_CALL = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";
const ON_QUEUE = "gcp:cloudtasks/queueIamMember:QueueIamMember";
const QUEUE = "gcp:cloudtasks/queue:Queue";
const JOB = "gcp:cloudscheduler/job:Job";
const ACCOUNT = "gcp:serviceaccount/account:Account";

/** A role of the stack's own. */
export const OWN_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole";

/** Whether a role is the stack's own, by its full name. */
export function isOwnRole(graph: Graph, name: string): boolean {
  return ofType(graph, OWN_ROLE).some(({ inputs }) => name.endsWith(`/roles/${textOf(inputs["roleId"])}`));
}

/** What the stack's own roles allow, each to one service. */
const ON_QUEUES = {
  producer: [
    "cloudtasks.queues.get",
    "cloudtasks.queues.pause",
    "cloudtasks.queues.purge",
    "cloudtasks.queues.resume",
    "cloudtasks.tasks.create",
    "cloudtasks.tasks.delete",
    "cloudtasks.tasks.fullView",
    "cloudtasks.tasks.get",
    "cloudtasks.tasks.list",
  ],
  worker: ["cloudtasks.tasks.create", "cloudtasks.tasks.delete", "cloudtasks.tasks.fullView", "cloudtasks.tasks.get"],
};

/** What the producer is told of who may do what. */
export function accessIn(graph: Graph) {
  const told = variablesOf(the(graph, SERVICE, "producer")).get("ACCESS") ?? "{}";
  const schema = z.object({
    accounts: z.record(z.string(), z.string()),
    operators: z.array(z.string()),
    viewers: z.array(z.string()),
  });
  return schema.parse(JSON.parse(told));
}

/** What is wrong with a service's role on the queues. */
function roleProblems(service: keyof typeof ON_QUEUES, graph: Graph): string[] {
  const member = `serviceAccount:${emailOf(service, graph)}`;
  const { inputs: role } = the(graph, OWN_ROLE, `${service}-queues`);
  const isRole = (name: unknown): boolean => textOf(name).endsWith(`/roles/${textOf(role["roleId"])}`);
  const isRight =
    /^[A-Za-z0-9_.]{3,64}$/.test(textOf(role["roleId"])) &&
    isDeepStrictEqual(textsIn(role["permissions"]).toSorted(), ON_QUEUES[service]);
  const grants = ofType(graph, ON_QUEUE).filter(({ inputs }) => inputs["member"] === member);
  const granted = grants.filter(({ inputs }) => isRole(inputs["role"]));
  const others = graph.filter(
    ({ type, inputs }) => isRole(inputs["role"]) && (type !== ON_QUEUE || inputs["member"] !== member),
  );
  const queues = ofType(graph, QUEUE).map(({ name }) => `${name}-1a2b3c4`);
  const on = granted.map(({ inputs }) => textOf(inputs["name"]));
  return [
    ...(isRight ? [] : [`${service}-queues allows something else`]),
    ...others.map(({ name }) => `${name} has the role, too`),
    ...(grants.length === granted.length ? [] : [`the ${service} has another role on a queue`]),
    ...(isDeepStrictEqual(on.toSorted(), queues.toSorted()) ? [] : [`the role is granted on ${on.join(", ")}`]),
  ];
}

/** What holds for the producer and those who call it. */
export const PRODUCER_POLICIES: Readonly<Record<string, (graph: Graph) => string[]>> = {
  "the producer has one audience, is told it and its address, and the tick carries it": (graph) => {
    const producer = the(graph, SERVICE, "producer");
    const audiences = textsIn(producer.inputs["customAudiences"]);
    const variables = variablesOf(producer);
    const told = [
      variables.get("PRODUCER_AUDIENCE"),
      ...ofType(graph, JOB).map(({ inputs }) => at(inputs, "httpTarget.oidcToken.audience")),
    ];
    const url = `https://${textOf(producer.inputs["name"])}-123456789012.europe-west1.run.app`;
    const isRight = audiences.length === 1 && told.every((text) => text === audiences[0]);
    return isRight && variables.get("PRODUCER_URL") === url ? [] : ["they differ"];
  },

  "the producer and the worker each use every queue by one role of its own, and the producer reads the project's metrics":
    (graph) => {
      const producer = `serviceAccount:${emailOf("producer", graph)}`;
      const metrics = graph.filter(
        ({ inputs }) => inputs["role"] === "roles/monitoring.viewer" && inputs["member"] === producer,
      );
      const roles = ofType(graph, OWN_ROLE);
      return [
        ...roleProblems("producer", graph),
        ...roleProblems("worker", graph),
        ...(roles.length === 2 ? [] : [`there are ${roles.length} roles`]),
        ...(metrics.length === 1 ? [] : [`the producer may read metrics ${metrics.length} times`]),
      ];
    },

  "new entries of the outbox, and each minute, reach the producer": (graph) => {
    const producer = the(graph, SERVICE, "producer");
    const variables = variablesOf(producer);
    const { inputs } = the(graph, "gcp:eventarc/trigger:Trigger", "outbox");
    const tick = ofType(graph, JOB).find(({ name }) => name.endsWith("-tick"))?.inputs;
    const found = {
      location: inputs["location"],
      type: inputs["eventDataContentType"],
      account: inputs["serviceAccount"],
      criteria: new Set(textsIn(inputs["matchingCriterias"])),
      target: [at(inputs, "destination.cloudRunService.service"), at(inputs, "destination.cloudRunService.path")],
      tick: [tick?.["schedule"], at(tick, "httpTarget.uri"), at(tick, "httpTarget.oidcToken.serviceAccountEmail")],
    };
    const expected = {
      location: "europe-west1",
      type: "application/protobuf",
      account: emailOf("trigger", graph),
      criteria: new Set([
        "database",
        "document",
        "google.cloud.firestore.document.v1.created",
        "match-path-pattern",
        "taskOutbox/{entry}",
        "type",
        variables.get("FIRESTORE_DATABASE"),
      ]),
      target: [producer.inputs["name"], "/v1/outbox/relay"],
      tick: [
        "* * * * *",
        `https://${textOf(producer.inputs["name"])}-1a2b3c4-ew.a.run.app/v1/tick`,
        emailOf("tick", graph),
      ],
    };
    return isDeepStrictEqual(found, expected) ? [] : [inspect(found, { depth: null })];
  },

  "the worker knows its own address": (graph) => {
    const worker = the(graph, SERVICE, "worker");
    const url = variablesOf(worker).get("WORKER_URL") ?? "";
    const expected = `https://${textOf(worker.inputs["name"])}-123456789012.europe-west1.run.app`;
    return url === expected ? [] : [url];
  },

  "each of Handoff's accounts has one role at the producer": (graph) => {
    const { accounts } = accessIn(graph);
    const expected = new Map([
      ["producer", "none"],
      ["worker", "relay"],
      ["invoker", "none"],
      ["trigger", "relay"],
      ["tick", "relay"],
      ["console", "console"],
    ]);
    const made = ofType(graph, ACCOUNT).map(({ name }) => name.replace(/^.*-/, ""));
    const wrong = made.filter((name) => accounts[emailOf(name, graph)] !== expected.get(name));
    return Object.keys(accounts).length === made.length ? wrong : [...wrong, "there are others"];
  },

  "only named callers, operators and viewers, the trigger, the tick and the console, may call the producer": (
    graph,
  ) => {
    const producer = the(graph, SERVICE, "producer").inputs["name"];
    const { operators, viewers } = accessIn(graph);
    const members = ofType(graph, MAY_CALL)
      .filter(({ inputs }) => inputs["name"] === producer)
      .map(({ inputs }) => textOf(inputs["member"]));
    const missing = [...operators, ...viewers].filter((address) => !members.includes(`user:${address}`));
    const own = new Set(["producer", "worker", "invoker"].map((name) => `serviceAccount:${emailOf(name, graph)}`));
    return [...missing, ...members.filter((member) => own.has(member))];
  },
};
