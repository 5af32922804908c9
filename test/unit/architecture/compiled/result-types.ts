import ts from "typescript";
import type { Program } from "./program.ts";

/** A type that callers have to take apart, and the exported functions that return it, each as `file: name`. */
export interface ResultType {
  readonly name: string;
  readonly isUnion: boolean;
  readonly returnedBy: readonly string[];
}

/**
 * Lists the result types of modules: the types that their exported functions return, and so do the methods of the
 * objects that these make. Promises are unwrapped; null and undefined are dropped. These count, once each:
 *
 * - a union of our own objects, named or not;
 * - a named object type of ours that is plain data, that is, has no methods;
 * - an unnamed object type that holds such a union.
 *
 * A member of a union that counts doesn't count again when a function returns it alone.
 */
export function resultTypes(program: Program, files: readonly string[]): ResultType[] {
  const counted = new Map<string, { type: ts.Type; returnedBy: Set<string> }>();
  const seen = new Set<ts.Type>();

  const count = (type: ts.Type, by: string): void => {
    const key = keyOf(type, program);
    const known = counted.get(key) ?? { type, returnedBy: new Set() };
    counted.set(key, { ...known, returnedBy: known.returnedBy.add(by) });
  };
  const consider = (returned: ts.Type, by: string): void => {
    const type = unwrap(returned, program);
    if (isUnionOfOurs(type, program)) return count(type, by);
    for (const object of membersOf(type).filter((member) => isObjectOfOurs(member, program))) {
      const methods = methodsOf(object, program);
      if (methods.length === 0 && (isNamed(object) || holdsUnion(object, program))) count(object, by);
      if (seen.has(object)) continue;
      seen.add(object);
      for (const method of methods) consider(method.getReturnType(), by);
    }
  };

  for (const file of files) {
    for (const [name, signature] of exportedFunctions(program.source(file), program)) {
      consider(signature.getReturnType(), `${file}: ${name}`);
    }
  }
  const unions = [...counted.values()].flatMap(({ type }) => (type.isUnion() ? type.types : []));
  for (const member of unions) counted.delete(keyOf(member, program));
  return [...counted.values()].map(({ type, returnedBy }) => ({
    name: nameOf(type, program),
    isUnion: type.isUnion(),
    returnedBy: [...returnedBy],
  }));
}

/** Functions, methods of objects and public methods of classes. A re-export belongs to the module that declares it. */
function exportedFunctions(source: ts.SourceFile, { checker }: Program): [string, ts.Signature][] {
  const module = checker.getSymbolAtLocation(source);
  const exported = module ? checker.getExportsOfModule(module) : [];
  return exported.flatMap((symbol) => {
    const declaration = symbol.valueDeclaration;
    if (declaration?.getSourceFile() !== source) return [];
    const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0;
    const type = isClass ? checker.getDeclaredTypeOfSymbol(symbol) : checker.getTypeOfSymbol(symbol);
    const own = type.getCallSignatures().map((signature): [string, ts.Signature] => [symbol.name, signature]);
    const members = isClass || own.length === 0 ? type.getProperties().filter(isPublic) : [];
    return [...own, ...members.flatMap((member) => signaturesOf(member, `${symbol.name}.${member.name}`, { checker }))];
  });
}

function signaturesOf(
  member: ts.Symbol,
  name: string,
  { checker }: Pick<Program, "checker">,
): [string, ts.Signature][] {
  return checker
    .getTypeOfSymbol(member)
    .getCallSignatures()
    .map((signature) => [name, signature]);
}

function isPublic({ valueDeclaration }: ts.Symbol): boolean {
  if (!valueDeclaration) return true;
  const modifiers = ts.getCombinedModifierFlags(valueDeclaration);
  const name = ts.getNameOfDeclaration(valueDeclaration);
  return (modifiers & ts.ModifierFlags.NonPublicAccessibilityModifier) === 0 && !(name && ts.isPrivateIdentifier(name));
}

function unwrap(type: ts.Type, { checker }: Program): ts.Type {
  return checker.getNonNullableType(checker.getAwaitedType(type) ?? type);
}

function membersOf(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type];
}

function isUnionOfOurs(type: ts.Type, program: Program): boolean {
  const objects = membersOf(type).filter(isObject);
  return objects.length > 1 && objects.some((object) => isObjectOfOurs(object, program));
}

function isObject(type: ts.Type): boolean {
  if (type.isIntersection()) return type.types.every(isObject);
  return (type.flags & ts.TypeFlags.Object) !== 0;
}

function isObjectOfOurs(type: ts.Type, { files, root }: Program): boolean {
  if (!isObject(type)) return false;
  const symbols = type.isIntersection() ? type.types.map(({ symbol }) => symbol) : [type.aliasSymbol ?? type.symbol];
  const declared = symbols.flatMap((symbol) => symbol?.declarations ?? []).map((node) => node.getSourceFile().fileName);
  return declared.some(
    (fileName) => fileName.startsWith(`${root}/`) && files.includes(fileName.slice(root.length + 1)),
  );
}

function methodsOf(type: ts.Type, program: Program): ts.Signature[] {
  return type.getProperties().flatMap((property) => [...program.checker.getTypeOfSymbol(property).getCallSignatures()]);
}

function holdsUnion(type: ts.Type, program: Program): boolean {
  return type.getProperties().some((property) => isUnionOfOurs(program.checker.getTypeOfSymbol(property), program));
}

function isNamed(type: ts.Type): boolean {
  return type.aliasSymbol !== undefined || (type.isClassOrInterface() && !type.isClass()) || isReference(type);
}

/** A generic interface with its arguments. */
function isReference(type: ts.Type): boolean {
  return type.symbol !== undefined && (type.symbol.flags & ts.SymbolFlags.Interface) !== 0;
}

/** Two unions with the same members are one type, and so are two uses of a generic type. */
function keyOf(type: ts.Type, { checker }: Program): string {
  const named = type.isUnion() ? undefined : (type.aliasSymbol ?? (isNamed(type) ? type.symbol : undefined));
  const declaration = named?.declarations?.[0];
  if (named && declaration) return `${declaration.getSourceFile().fileName}: ${named.name}`;
  return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias);
}

function nameOf(type: ts.Type, { checker, root }: Program): string {
  const file = type.aliasSymbol?.declarations?.[0]?.getSourceFile().fileName;
  if (type.aliasSymbol && file?.startsWith(root)) return type.aliasSymbol.name;
  return checker.typeToString(type);
}
