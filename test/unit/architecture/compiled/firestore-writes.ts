import ts from "typescript";
import { type Program, nodesOf, placeOf } from "./program.ts";

/** A place from which Firestore is written, or could be. */
export interface FirestoreWrite {
  readonly file: string;
  /** As `path:line`. */
  readonly place: string;
  /** The method, such as `WriteBatch.set`, or the class of an object that is handed on under a disguise. */
  readonly what: string;
}

/** The methods of Google's clients, and of our calls beneath them, that write, or make a writer, by class. */
const WRITING: Readonly<Record<string, readonly string[]>> = {
  Firestore: ["batch", "bulkWriter", "recursiveDelete", "runTransaction"],
  CollectionReference: ["add"],
  DocumentReference: ["create", "set", "update", "delete"],
  Transaction: ["create", "set", "update", "delete"],
  WriteBatch: ["create", "set", "update", "delete", "commit"],
  BulkWriter: ["create", "set", "update", "delete"],
  FirestoreCalls: ["commit"],
  FirestoreClient: ["commit", "batchWrite", "write", "createDocument", "updateDocument", "deleteDocument"],
};

/** Where Google's clients are declared, and our calls. */
const CLIENTS = /\/node_modules\/@google-cloud\/firestore(-api)?\/|\/shared\/records\/wire\/firestore-calls\.ts$/;

const METHODS = new Set(Object.values(WRITING).flat());

/** The methods of Google's client that make or narrow a query, by class. A collection is a query, too. */
const QUERYING: typeof WRITING = {
  Firestore: ["collectionGroup"],
  CollectionReference: ["listDocuments"],
  Query: [
    "where",
    "orderBy",
    "limit",
    "limitToLast",
    "offset",
    "select",
    "startAt",
    "startAfter",
    "endAt",
    "endBefore",
  ],
};

/**
 * Finds where files write to Firestore. It goes by types, not names: it finds each mention of a method that writes, called
 * or not, and each place where a writer is disguised, that is, handed on as a type whose methods aren't known as the
 * client's.
 */
export function firestoreWrites(program: Program, files: readonly string[]): FirestoreWrite[] {
  return knowingClients(program, files).flatMap((file) =>
    [...nodesOf(program.source(file))].flatMap((node) =>
      [...methodsMentioned(node, program), ...disguises(node, program)].map((what) => ({
        file,
        place: placeOf(program, node),
        what,
      })),
    ),
  );
}

/** The places where files make queries, as `path:line`, with the method. */
export function firestoreQueries(program: Program, files: readonly string[]): string[] {
  return knowingClients(program, files).flatMap((file) =>
    [...nodesOf(program.source(file))].flatMap((node) => {
      const name = ts.isPropertyAccessExpression(node) ? program.checker.getSymbolAtLocation(node.name) : undefined;
      return methodsIn(name, QUERYING).map((method) => `${placeOf(program, node)} ${method}`);
    }),
  );
}

/** The modules to which the clients' types can come, by imports of any kind. Looking at the others' types takes a while, too. */
function knowingClients(program: Program, files: readonly string[]): string[] {
  return files.filter((file) => program.dependencies(file).some((dependency) => CLIENTS.test(dependency)));
}

/** The texts in a file: literals, constants whose value the type knows, and the fixed parts of templates. */
export function textsIn(program: Program, file: string): string[] {
  return [...nodesOf(program.source(file))].flatMap((node) => {
    if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) return [node.text];
    if (!ts.isExpression(node)) return [];
    const type = program.checker.getTypeAtLocation(node);
    return (type.isUnion() ? type.types : [type]).flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
  });
}

function methodsMentioned(node: ts.Node, { checker }: Program): string[] {
  if (ts.isPropertyAccessExpression(node)) return writing(checker.getSymbolAtLocation(node.name));
  if (ts.isElementAccessExpression(node)) {
    return keysOf(
      checker.getTypeAtLocation(node.argumentExpression),
      checker.getTypeAtLocation(node.expression),
      checker,
    );
  }
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    const name = node.propertyName ?? node.name;
    const object = checker.getTypeAtLocation(node.parent);
    if (ts.isComputedPropertyName(name)) return keysOf(checker.getTypeAtLocation(name.expression), object, checker);
    return ts.isObjectBindingPattern(name) || ts.isArrayBindingPattern(name) || ts.isBigIntLiteral(name)
      ? []
      : writing(checker.getPropertyOfType(object, name.text));
  }
  return [];
}

/** The methods that write among those that a computed key can mean. An unknown key can mean any. */
function keysOf(key: ts.Type, object: ts.Type, checker: ts.TypeChecker): string[] {
  const keys = key.isUnion() ? key.types : [key];
  if (keys.every((part) => part.isStringLiteral())) {
    return keys.flatMap((part) => writing(checker.getPropertyOfType(object, part.value)));
  }
  return writersIn(object).map((name) => `${name}[…]`);
}

/** The method's name with its class, if it writes. */
function writing(symbol: ts.Symbol | undefined): string[] {
  return methodsIn(symbol, WRITING);
}

/** The method's name with its class, if it is in the table. */
function methodsIn(symbol: ts.Symbol | undefined, table: typeof WRITING): string[] {
  if (!symbol) return [];
  const owners = (symbol.declarations ?? []).map(({ parent }) => parent).filter(isOfClient);
  const names = new Set(owners.map(({ name }) => name?.text ?? ""));
  return [...names].filter((name) => table[name]?.includes(symbol.name)).map((name) => `${name}.${symbol.name}`);
}

/** The class of a writer that is taken for another type with methods of the same names, or cast to any or unknown. */
function disguises(node: ts.Node, { checker }: Program): string[] {
  if (!ts.isExpression(node)) return [];
  if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return [];
  const writers = writersIn(checker.getTypeAtLocation(node));
  if (writers.length === 0) return [];
  const { parent } = node;
  if (ts.isAsExpression(parent) || ts.isSatisfiesExpression(parent)) {
    const target = checker.getTypeFromTypeNode(parent.type);
    const isAnything = (target.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0;
    return isAnything || hides(target, checker) ? writers : [];
  }
  const targets = [checker.getContextualType(node), parameterType(node, checker)];
  return targets.some((target) => target !== undefined && hides(target, checker)) ? writers : [];
}

/** The declared type of an argument's parameter; for a type parameter, its constraint. */
function parameterType(argument: ts.Expression, checker: ts.TypeChecker): ts.Type | undefined {
  const call = argument.parent;
  if (!ts.isCallExpression(call) && !ts.isNewExpression(call)) return undefined;
  const index = call.arguments?.indexOf(argument) ?? -1;
  const parameter = checker.getResolvedSignature(call)?.getDeclaration()?.parameters[index];
  if (index < 0 || !parameter) return undefined;
  const type = checker.getTypeAtLocation(parameter);
  return checker.getBaseConstraintOfType(type) ?? type;
}

function hides(target: ts.Type, checker: ts.TypeChecker): boolean {
  const parts = target.isUnionOrIntersection() ? target.types : [target];
  return parts.some((part) =>
    [...METHODS].some((name) => {
      const property = checker.getPropertyOfType(part, name);
      return property !== undefined && writing(property).length === 0;
    }),
  );
}

function writersIn(type: ts.Type): string[] {
  const parts = type.isUnionOrIntersection() ? type.types : [type];
  return parts.flatMap(({ symbol }) =>
    symbol && symbol.name in WRITING && symbol.declarations?.some(isOfClient) ? [symbol.name] : [],
  );
}

function isOfClient(node: ts.Node): node is ts.ClassDeclaration | ts.InterfaceDeclaration {
  const isClass = ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node);
  return isClass && CLIENTS.test(node.getSourceFile().fileName);
}
