import path from "node:path";
import ts from "typescript";

/** A TypeScript program. Paths are relative to the root of its checkout. */
export interface Program {
  readonly root: string;
  readonly checker: ts.TypeChecker;
  /** The modules of the checkout that the program holds, without those of packages. */
  readonly files: readonly string[];
  /** @throws Error when the program doesn't hold the file. */
  source(file: string): ts.SourceFile;
  /** Every file that a module's types can come from: what it imports in any way, directly or not. */
  dependencies(file: string): readonly string[];
  /** The modules that a module imports when it runs. */
  runTimeImports(file: string): readonly RunTimeImport[];
}

/** An import, or a re-export, that is left once the types are stripped. */
export interface RunTimeImport {
  readonly specifier: string;
  /** The path of the module; null for Node's and packages' modules. */
  readonly file: string | null;
  /** The names that it imports; null for all of them. */
  readonly names: readonly string[] | null;
}

/** Tells by a file's path whether it is wanted. */
export type Choice = (file: string) => boolean;

/**
 * Loads the chosen modules of a checkout, and everything that they import, with the checkout's own tsconfig.json.
 *
 * @throws Error when nothing is chosen.
 */
export function loadProgram(root: string, chosen: Choice): Program {
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }: ts.Diagnostic) => fail(messageText),
  };
  const config = ts.getParsedCommandLineOfConfigFile(path.join(root, "tsconfig.json"), {}, host);
  const rootNames = config?.fileNames.filter((name) => chosen(path.relative(root, name))) ?? [];
  if (!config || rootNames.length === 0) throw new Error(`Nothing is chosen in ${root}.`);

  const reading = sharingFiles(config.options);
  const program = ts.createProgram(rootNames, config.options, reading);
  let builder: ts.BuilderProgram | undefined;
  const source = (file: string): ts.SourceFile =>
    program.getSourceFile(path.join(root, file)) ?? fail(`${file} is not in the program.`);
  const ours = program.getSourceFiles().filter(({ fileName }) => isOurs(root, fileName));
  return {
    root,
    checker: program.getTypeChecker(),
    files: ours.map(({ fileName }) => path.relative(root, fileName)),
    source,
    dependencies(file) {
      builder ??= ts.createSemanticDiagnosticsBuilderProgram(program, reading);
      return builder.getAllDependencies(source(file));
    },
    runTimeImports: (file) => importsOf(source(file)).map((found) => resolve(found, file, { root, program })),
  };
}

/** Each file as it was parsed for the first program that held it. All checkouts have the same options, and no file changes. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Reads as TypeScript does, except that it parses each file once for all programs, and no comments: most of the work. */
function sharingFiles(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createIncrementalCompilerHost(options);
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseNone;
  const parse = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...how) => {
    if (!parsed.has(file)) parsed.set(file, parse(file, ...how));
    return parsed.get(file);
  };
  return host;
}

/** The modules that an entry imports at run time, directly or not. A module that isn't `followed` is left out, and so are modules that only it imports. */
export function reachable(program: Program, entry: string, followed: Choice): string[] {
  const reached = new Set([entry]);
  for (const module of reached) {
    for (const { file } of program.runTimeImports(module)) if (file !== null && followed(file)) reached.add(file);
  }
  reached.delete(entry);
  return [...reached].toSorted();
}

/** A node and all nodes below it, in source order. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}

/** Where a node stands, as `path:line`. */
export function placeOf({ root }: Program, node: ts.Node): string {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  return `${path.relative(root, source.fileName)}:${line + 1}`;
}

type FoundImport = { readonly specifier: ts.StringLiteralLike; readonly names: readonly string[] | null };

/** Node strips only imports that are type-only as a whole, as `verbatimModuleSyntax` says. */
function importsOf(source: ts.SourceFile): FoundImport[] {
  const found: FoundImport[] = [];
  for (const node of nodesOf(source)) {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      if (node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) continue;
      found.push({ specifier: node.moduleSpecifier, names: namesTaken(node.importClause) });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      if (!node.isTypeOnly) found.push({ specifier: node.moduleSpecifier, names: null });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier && ts.isStringLiteralLike(specifier)) found.push({ specifier, names: null });
    }
  }
  return found;
}

function namesTaken(clause: ts.ImportClause | undefined): readonly string[] | null {
  const bindings = clause?.namedBindings;
  if (!bindings || clause.name || !ts.isNamedImports(bindings)) return null;
  return bindings.elements
    .filter((element) => !element.isTypeOnly)
    .map(({ name, propertyName }) => (propertyName ?? name).text);
}

function resolve(
  { specifier, names }: FoundImport,
  from: string,
  { root, program }: { root: string; program: ts.Program },
): RunTimeImport {
  const containing = path.join(root, from);
  const { resolvedModule } = ts.resolveModuleName(
    specifier.text,
    containing,
    program.getCompilerOptions(),
    ts.sys,
    undefined,
    undefined,
    ts.ModuleKind.ESNext,
  );
  const fileName = resolvedModule?.resolvedFileName;
  const file = fileName && isOurs(root, fileName) ? path.relative(root, fileName) : null;
  return { specifier: specifier.text, file, names };
}

function isOurs(root: string, fileName: string): boolean {
  return fileName.startsWith(`${root}${path.sep}`) && !fileName.includes("/node_modules/");
}

function fail(reason: string | ts.DiagnosticMessageChain): never {
  throw new Error(typeof reason === "string" ? reason : reason.messageText);
}
