import ts from "typescript";
import { type Program, nodesOf, placeOf } from "./program.ts";

/** The classes of Firestore's package that only hold values. */
export const VALUE_CLASSES: readonly string[] = ["FieldValue", "Timestamp"];

/** Globals that do I/O, or run code later. */
const REACHING_OUT = ["fetch", "WebSocket", "EventSource", "process", "console", "performance", "crypto", "require"];
const RUNNING_LATER = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"];
const AMBIENT = new Set([...REACHING_OUT, ...RUNNING_LATER]);

/** Calls that read a clock or use chance. */
const NOT_THE_SAME_TWICE = new Set(["Date.now", "Math.random", "Timestamp.now"]);

/**
 * Lists what a module does besides deciding, as `path:line what`: it waits, it uses one of Google's clients beyond the
 * value classes, or it uses a global that does I/O, the clock or chance.
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
  return type.getProperty("then") ? "calls something asynchronous" : undefined;
}

function ambient(node: ts.Node, { checker }: Program): string | undefined {
  if (ts.isNewExpression(node) && !node.arguments?.length && node.expression.getText() === "Date") return "new Date()";
  if (ts.isPropertyAccessExpression(node) && NOT_THE_SAME_TWICE.has(node.getText())) return node.getText();
  if (!ts.isIdentifier(node) || !AMBIENT.has(node.text)) return undefined;
  const declared = checker.getSymbolAtLocation(node)?.declarations ?? [];
  return declared.some((declaration) => declaration.getSourceFile().isDeclarationFile) ? node.text : undefined;
}

function clientUsed(node: ts.Node, { checker }: Program): string | undefined {
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const owners = (checker.getSymbolAtLocation(node.name)?.declarations ?? [])
    .map(({ parent }) => parent)
    .filter((owner) => owner.getSourceFile().fileName.includes("/node_modules/@google-cloud/"));
  const names = owners.map((owner) => (ts.isClassDeclaration(owner) ? (owner.name?.text ?? "") : ""));
  return names.some((name) => !VALUE_CLASSES.includes(name)) ? `${names[0]}.${node.name.text}` : undefined;
}
