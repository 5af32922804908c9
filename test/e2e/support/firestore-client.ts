import { Firestore } from "@google-cloud/firestore";
import { onTestFinished } from "vitest";
import { LOCAL } from "../../../services/local/settings.ts";
import type { StackProcess } from "./stack-process.ts";

/** The stack's records, seen from outside. */
export function connectFirestore(stack: StackProcess): Firestore {
  const db = new Firestore({ projectId: LOCAL.project, host: `127.0.0.1:${stack.ports.firestore}`, ssl: false });
  onTestFinished(() => db.terminate());
  return db;
}
