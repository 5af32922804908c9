import ts from "typescript";

/**
 * Removes from a module of task types the settings of their handlers, and everything that only those needed. Clients
 * have no use for them, and must not see local values of secrets.
 */
export function withoutSettings(text: string): string {
  const settings = settingsIn(parse(text));
  if (settings.length === 0) return text;
  let left = cutOut(text, settings);
  for (;;) {
    const unused = unusedIn(parse(left));
    if (unused.length === 0) return left;
    left = cutOut(left, unused);
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

const parse = (text: string): ts.SourceFile =>
  ts.createSourceFile("task-types.ts", text, ts.ScriptTarget.Latest, /* setParentNodes */ true);

function cutOut(text: string, spans: readonly Span[]): string {
  let left = text;
  for (const { start, end } of spans.toReversed()) left = left.slice(0, start) + left.slice(end);
  return left;
}

/** The `settings` property in calls of `defineTask`, with the comma after it. */
function settingsIn(source: ts.SourceFile): Span[] {
  const spans: Span[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText(source) === "defineTask") {
      const [definition] = node.arguments;
      const properties = definition && ts.isObjectLiteralExpression(definition) ? definition.properties : [];
      for (const property of properties) {
        if (property.name?.getText(source) !== "settings") continue;
        const comma = /^\s*,/.exec(source.text.slice(property.end))?.[0] ?? "";
        spans.push({ start: property.getFullStart(), end: property.end + comma.length });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return spans;
}

/** Imports and unexported declarations whose names occur nowhere else. */
function unusedIn(source: ts.SourceFile): Span[] {
  const mentions = new Map<string, number>();
  const count = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) mentions.set(node.text, (mentions.get(node.text) ?? 0) + 1);
    ts.forEachChild(node, count);
  };
  count(source);
  return source.statements
    .filter((statement) => {
      const names = namesDeclaredBy(statement);
      return names.length > 0 && names.every((name) => mentions.get(name) === 1);
    })
    .map((statement) => ({ start: statement.getFullStart(), end: statement.end }));
}

/** The names that a statement declares in its module. */
function namesDeclaredBy(statement: ts.Statement): string[] {
  if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {};
    const named = namedBindings && ts.isNamedImports(namedBindings) ? namedBindings.elements : [];
    const all = namedBindings && ts.isNamespaceImport(namedBindings) ? [namedBindings] : [];
    return [...(name ? [name] : []), ...[...named, ...all].map((each) => each.name)].map(({ text }) => text);
  }
  if (isExported(statement)) return [];
  if (ts.isVariableStatement(statement)) {
    const names = statement.declarationList.declarations.map(({ name }) => name);
    return names.every(ts.isIdentifier) ? names.map(({ text }) => text) : [];
  }
  return ts.isFunctionDeclaration(statement) && statement.name ? [statement.name.text] : [];
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}
