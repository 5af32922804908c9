import { credentials, makeGenericClientConstructor, status } from "@grpc/grpc-js";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import protobuf from "protobufjs/light.js";
import { expect, it, onTestFinished, test } from "vitest";
import { type ApiVersion, tasksProtos } from "../../../../src/cloud-tasks/protos/load-protos.ts";
import { createQueue, startHarness } from "../support/harness.ts";

const VERSIONS = ["v2", "v2beta3", "v2beta2"] as const;

/** The fields of a message by their names in the proto, with their numbers; or the RPCs of a service. */
type Declared = Readonly<Record<string, Readonly<Record<string, number>>>>;

const inProto = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** All messages of a package, nested ones by their path. */
function messagesOf(namespace: protobuf.NamespaceBase, prefix = ""): Declared {
  return Object.assign(
    {},
    ...namespace.nestedArray.map((each) => {
      if (!(each instanceof protobuf.Type)) return {};
      const name = `${prefix}${each.name}`;
      const fields = Object.fromEntries(each.fieldsArray.map((field) => [inProto(field.name), field.id]));
      return { [name]: fields, ...messagesOf(each, `${name}.`) };
    }),
  );
}

/** The emulator doesn't take queue.yaml over its API. */
function withoutUploads({ UploadQueueYamlRequest: _upload, ...messages }: Declared): Declared {
  return messages;
}

function ourMessages(version: ApiVersion): Declared {
  const ours = tasksProtos[version]().lookup(`google.cloud.tasks.${version}`);
  return ours instanceof protobuf.Namespace ? messagesOf(ours) : {};
}

it.each(VERSIONS)("knows every message, field and RPC of the npm client's %s", (version) => {
  const client = createRequire(import.meta.url).resolve("@google-cloud/tasks");
  const file = path.join(path.dirname(client), "../../protos/protos.json");
  const theirs = protobuf.Root.fromJSON(JSON.parse(fs.readFileSync(file, "utf8"))).lookup(
    `google.cloud.tasks.${version}`,
  );
  const ours = tasksProtos[version]();
  if (!(theirs instanceof protobuf.Namespace)) throw new Error(`The client has no ${version}.`);
  const known = withoutUploads(messagesOf(theirs));
  expect(Object.keys(known).length).toBeGreaterThan(20);
  expect(ourMessages(version)).toMatchObject(known);
  const rpcs = Object.keys(theirs.lookupService("CloudTasks").methods).filter((rpc) => rpc !== "UploadQueueYaml");
  expect(Object.keys(ours.lookupService(`google.cloud.tasks.${version}.CloudTasks`).methods)).toEqual(
    expect.arrayContaining(rpcs),
  );
});

const PYTHON = `
import importlib, json, sys
types = importlib.import_module("google.cloud.tasks_" + sys.argv[1]).types
out = {}
def walk(descriptor, prefix):
    out[prefix + descriptor.name] = {field.name.rstrip("_"): field.number for field in descriptor.fields}
    for inner in descriptor.nested_types:
        if not inner.GetOptions().map_entry: walk(inner, prefix + descriptor.name + ".")
for name in types.__all__:
    message = getattr(types, name)
    if hasattr(message, "pb"): walk(message.pb().DESCRIPTOR, "")
print(json.dumps(out))
`;

/** The messages of Google's client for Python. Undefined where it isn't installed. */
function pythonMessages(version: string): Declared | undefined {
  const python = process.env["PYTHON"] ?? "python3";
  const { status: exitCode, stdout } = spawnSync(python, ["-c", PYTHON, version], { encoding: "utf8" });
  return exitCode === 0 ? withoutUploads(JSON.parse(stdout)) : undefined;
}

it.for(VERSIONS)(
  "knows every message and field of the PyPI client's %s, where it is installed",
  (version, { skip }) => {
    const known = pythonMessages(version);
    if (!known) {
      skip("google-cloud-tasks isn't installed for python3");
      return;
    }
    expect(ourMessages(version)).toMatchObject(known);
  },
);

/** Calls an RPC with the bytes of a request. */
async function callWith(harness: Awaited<ReturnType<typeof startHarness>>, rpc: string, request: Uint8Array) {
  const { host, port } = harness.emulator;
  const method = {
    path: `/google.cloud.tasks.v2.CloudTasks/${rpc}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
    responseDeserialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
  } as const;
  const Client = makeGenericClientConstructor({ [rpc]: method }, "CloudTasks");
  const client = new Client(`${host}:${port}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  return new Promise<{ code: number; message: string }>((resolve) => {
    client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, request, (error) =>
      resolve({ code: error?.code ?? status.OK, message: error?.details ?? "" }),
    );
  });
}

/** A field with text, as it is on the wire. */
function field(id: number, value: Uint8Array | string): Uint8Array {
  return protobuf.Writer.create()
    .uint32(((id << 3) | 2) >>> 0)
    .bytes(Buffer.from(value))
    .finish();
}

const joined = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts);

it.each<[where: string, task: Uint8Array, code: number, message: string]>([
  ["nowhere", joined(), status.OK, ""],
  ["in a task", field(99, "x"), status.UNIMPLEMENTED, "field 99 of google.cloud.tasks.v2.Task"],
  [
    "in a task, by a number that is short",
    joined(Uint8Array.of(0x68, 1)),
    status.UNIMPLEMENTED,
    "field 13 of google.cloud.tasks.v2.Task",
  ],
])("refuses a field that it doesn't know %s, and creates nothing", async (_where, extra, code, message) => {
  const harness = await startHarness();
  const parent = await createQueue(harness);
  await harness.client.pauseQueue({ name: parent });
  const task = joined(field(3, field(1, "http://127.0.0.1:9/")), extra);
  const answer = await callWith(harness, "CreateTask", joined(field(1, parent), field(2, task)));
  expect(answer.code).toBe(code);
  expect(answer.message).toContain(message);
  expect((await harness.client.listTasks({ parent }))[0]).toHaveLength(message === "" ? 1 : 0);
});

test("refuses a field that it doesn't know deep in a request, and in the request itself", async () => {
  const harness = await startHarness();
  const parent = await createQueue(harness);
  const request = field(3, joined(field(1, "http://127.0.0.1:9/"), field(77, "x")));
  const deep = await callWith(harness, "CreateTask", joined(field(1, parent), field(2, request)));
  expect(deep.message).toContain("field 77 of google.cloud.tasks.v2.HttpRequest");
  const top = await callWith(harness, "GetQueue", joined(field(1, parent), field(9, "x")));
  expect(top).toMatchObject({ code: status.UNIMPLEMENTED, message: expect.stringContaining("field 9 of") });
});
