import ts from "typescript";
import { type Program, nodesOf, placeOf } from "./program.ts";

/** What Firestore's package has that only holds values. */
export const VALUE_CLASSES: readonly string[] = ["FieldValue", "Timestamp"];

/** What any module can use without an import, and that reaches beyond it, or runs later. */
const REACHING_OUT = ["fetch", "WebSocket", "EventSource", "process", "console", "performance", "crypto", "require"];
const RUNNING_LATER = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"];
const AMBIENT = new Set([...REACHING_OUT, ...RUNNING_LATER]);

/** What asks the clock or for chance, each as it is written. */
const NOT_THE_SAME_TWICE = new Set(["Date.now", "Math.random", "Timestamp.now"]);

/**
 * What a module does besides deciding, as `path:line what`: it waits; it uses a client of Google's, beyond the classes
 * that hold values; it uses what is there without an import, the clock and chance among it.
 */
export function effectsOf(program: Program, file: string): string[] {
  return [...nodesOf(program.source(file))].flatMap((node) =>
    [waiting(node, program), ambient(node, program), clientUsed(node, program)].flatMap((what) =>
      what === undefined ? [] : `${placeOf(program, node)} ${what}`,
    ),
  );
}

function waiting(node: ts.Node, { checker }: Program): string | undefined {
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return "waits";
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return undefined;
  const type = checker.getTypeAtLocation(node);
  return type.getProperty("then") ? "calls what takes its time" : undefined;
}

function ambient(node: ts.Node, { checker }: Program): string | undefined {
  if (ts.isNewExpression(node) && !node.arguments?.length && node.expression.getText() === "Date") return "new Date()";
  if (ts.isPropertyAccessExpression(node) && NOT_THE_SAME_TWICE.has(node.getText())) return node.getText();
  if (!ts.isIdentifier(node) || !AMBIENT.has(node.text)) return undefined;
  const declared = checker.getSymbolAtLocation(node)?.declarations ?? [];
  const isGlobal = declared.some((declaration) => declaration.getSourceFile().isDeclarationFile);
  const isMember = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
  return isGlobal && !isMember ? node.text : undefined;
}

function clientUsed(node: ts.Node, { checker }: Program): string | undefined {
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const owners = (checker.getSymbolAtLocation(node.name)?.declarations ?? [])
    .map(({ parent }) => parent)
    .filter((owner) => owner.getSourceFile().fileName.includes("/node_modules/@google-cloud/"));
  const names = owners.map((owner) => (ts.isClassDeclaration(owner) ? (owner.name?.text ?? "") : ""));
  return names.some((name) => !VALUE_CLASSES.includes(name)) ? `${names[0]}.${node.name.text}` : undefined;
}
