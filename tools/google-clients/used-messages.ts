import protobuf from "protobufjs";

type Namespace = protobuf.INamespace;

/**
 * Reduces a package's protos, as JSON, to some services and messages, with every message and enum that they can
 * contain. Google's packages describe all versions and services of a product in one file, and a client builds all that
 * it is given. Extensions, which only options use, are left out.
 *
 * @param names full names, for example `google.firestore.v1.Firestore`.
 * @throws Error if a name doesn't exist.
 */
export function usedMessages(protos: Namespace, names: readonly string[]): Namespace {
  const root = protobuf.Root.fromJSON(protos).resolveAll();
  const used = new Set<protobuf.ReflectionObject>();
  for (const name of names) {
    const object = root.lookup(name);
    if (object === null) throw new Error(`The protos have no ${name}.`);
    visit(object, used);
  }
  return only(protos, root, used);
}

/** Adds an object and everything that it refers to. Messages are added with their nested types. */
function visit(object: protobuf.ReflectionObject | null, used: Set<protobuf.ReflectionObject>): void {
  if (object === null || used.has(object)) return;
  used.add(object);
  if (object.parent instanceof protobuf.Type) visit(object.parent, used);
  if (object instanceof protobuf.Service) {
    for (const { resolvedRequestType, resolvedResponseType } of object.methodsArray) {
      visit(resolvedRequestType, used);
      visit(resolvedResponseType, used);
    }
  }
  if (object instanceof protobuf.Type) {
    for (const { resolvedType } of object.fieldsArray) visit(resolvedType, used);
    for (const nested of object.nestedArray) visit(nested, used);
  }
}

/** Copies a namespace with only the used objects, and without empty namespaces. */
function only(
  namespace: Namespace,
  resolved: protobuf.NamespaceBase,
  used: ReadonlySet<protobuf.ReflectionObject>,
): Namespace {
  const nested: Record<string, protobuf.AnyNestedObject> = {};
  for (const [name, description] of Object.entries(namespace.nested ?? {})) {
    const object = resolved.get(name);
    if (object === null) continue;
    if (used.has(object)) nested[name] = description;
    else if (isNamespace(object)) {
      const inside = only(description, object, used);
      if (Object.keys(inside.nested ?? {}).length > 0) nested[name] = inside;
    }
  }
  return { ...namespace, nested };
}

function isNamespace(object: protobuf.ReflectionObject): object is protobuf.Namespace {
  return (
    object instanceof protobuf.Namespace && !(object instanceof protobuf.Type || object instanceof protobuf.Service)
  );
}
