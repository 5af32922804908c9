import protobuf from "protobufjs";

const parsed = new WeakMap<object, protobuf.Root>();
const parse = protobuf.Root.fromJSON.bind(protobuf.Root);

function parseOnce(description: protobuf.INamespace, into?: protobuf.Root): protobuf.Root {
  if (into) return parse(description, into);
  const root = parsed.get(description) ?? parse(description);
  parsed.set(description, root);
  return root;
}

/**
 * Google's clients parse the description of a whole API anew for each call that fails, and another one for each error: up to
 * thirty milliseconds of a processor, and hundreds of calls fail here. So a worker parses each description once, and nobody
 * changes what was parsed. vitest runs this before each test file, in workers that already do so, too.
 */
if (protobuf.Root.fromJSON.name !== parseOnce.name) protobuf.Root.fromJSON = parseOnce;
