import type protobuf from "protobufjs/light.js";
import { type Namespace, namespaceAt, serviceMethods } from "../../rpc/proto.ts";

const V2 = "google.cloud.tasks.v2";
const BETA = "google.cloud.tasks.v2beta3";

/** Messages of v2beta3 that v2 doesn't have. */
const ONLY_IN_BETA = new Set(["QueueStats", "PullMessage", "AppEngineHttpQueue"]);

/**
 * Adds to v2 what the service has had since 2026, and the npm package in v2beta3 only: targets of queues, batches, and
 * the CMEK configuration. The numbers of the two fields are those of google-cloud-tasks 2.26 for Python.
 */
export function completeV2(protos: Namespace): void {
  const v2 = namespaceAt(protos, V2);
  const missing = Object.entries(namespaceAt(protos, BETA).nested ?? {}).filter(
    ([name]) => !ONLY_IN_BETA.has(name) && v2.nested?.[name] === undefined,
  );
  v2.nested = { ...v2.nested, ...Object.fromEntries(missing.map(([name, json]) => [name, structuredClone(json)])) };
  addField(protos, "Queue", ["httpTarget", { type: "HttpTarget", id: 10 }]);
  addField(protos, "Task", ["retryConfig", { type: "RetryConfig", id: 12 }]);

  const methods = serviceMethods(namespaceAt(protos, `${V2}.CloudTasks`));
  for (const [name, method] of Object.entries(serviceMethods(namespaceAt(protos, `${BETA}.CloudTasks`)))) {
    methods[name] ??= JSON.parse(JSON.stringify(method).replaceAll("/v2beta3/", "/v2/"));
  }
}

function addField(protos: Namespace, message: string, [name, field]: [string, protobuf.IField]): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- protobufjs has services and messages in one tree
  const { fields } = namespaceAt(protos, `${V2}.${message}`) as protobuf.IType;
  fields[name] ??= field;
}
