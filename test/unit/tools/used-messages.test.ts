import { createRequire } from "node:module";
import path from "node:path";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { usedMessages } from "../../../tools/google-clients/used-messages.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

/** What the services call, and the protos that each client ships. */
const SERVICES = [
  ["google.firestore.v1.Firestore", "@google-cloud/firestore-api"],
  ["google.cloud.tasks.v2.CloudTasks", "@google-cloud/tasks"],
  ["google.cloud.tasks.v2beta3.CloudTasks", "@google-cloud/tasks"],
] as const;

function protosOf(npmPackage: string): protobuf.INamespace {
  return createRequire(import.meta.url)(path.join(PROJECT_DIR, "node_modules", npmPackage, "build/protos/protos.json"));
}

/** The messages and enums that a service's methods can carry, by their full names. */
function carriedBy(service: protobuf.Service): ReadonlyMap<string, protobuf.ReflectionObject> {
  const carried = new Map<string, protobuf.ReflectionObject>();
  const waiting: (protobuf.ReflectionObject | null)[] = service.methodsArray.flatMap((method) => [
    method.resolvedRequestType,
    method.resolvedResponseType,
  ]);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === null || carried.has(next.fullName)) continue;
    carried.set(next.fullName, next);
    if (next instanceof protobuf.Type) waiting.push(...next.fieldsArray.map((field) => field.resolvedType));
  }
  return carried;
}

const rootOf = (protos: protobuf.INamespace): protobuf.NamespaceBase => protobuf.Root.fromJSON(protos).resolveAll();

test.each(SERVICES)("%s is the same in the messages kept for %s", (name, npmPackage) => {
  const whole = rootOf(protosOf(npmPackage)).lookupService(name);
  const kept = rootOf(usedMessages(protosOf(npmPackage), [name])).lookupService(name);

  expect(kept.toJSON()).toEqual(whole.toJSON());
  const [wanted, found] = [carriedBy(whole), carriedBy(kept)];
  expect(wanted.size).toBeGreaterThan(30);
  expect([...found.keys()].toSorted()).toEqual([...wanted.keys()].toSorted());
  for (const [fullName, object] of wanted) expect(found.get(fullName)?.toJSON()).toEqual(object.toJSON());
});

test.each(SERVICES)("no service other than %s of %s is kept", (name, npmPackage) => {
  const kept = rootOf(usedMessages(protosOf(npmPackage), [name]));
  const services: string[] = [];
  const visit = (namespace: protobuf.NamespaceBase): void => {
    for (const object of namespace.nestedArray) {
      if (object instanceof protobuf.Service) services.push(object.fullName.slice(1));
      else if (object instanceof protobuf.Namespace) visit(object);
    }
  };
  visit(kept);

  expect(services).toEqual([name]);
  expect(JSON.stringify(kept.toJSON()).length).toBeLessThan(JSON.stringify(protosOf(npmPackage)).length / 2);
});

test("a name that the protos don't have is an error", () => {
  expect(() => usedMessages(protosOf("@google-cloud/tasks"), ["google.cloud.tasks.v2.Missing"])).toThrow(/Missing/);
});
