import { getTestServer } from "@google-cloud/functions-framework/testing";
import { http } from "@google-cloud/functions-framework";
import { initializeApp } from "firebase-admin/app";
import { getFirestore } from "firebase-admin/firestore";
import { onTaskDispatched } from "firebase-functions/v2/tasks";
import { runOnce } from "./run-once.js";

/**
 * A task queue function of Firebase on the framework that serves it, with two transactions around the handler. It reads the
 * token without checking it: in the cloud, IAM has done so.
 */
const { GOOGLE_CLOUD_PROJECT, PORT } = process.env;
initializeApp({ projectId: GOOGLE_CLOUD_PROJECT });
const db = getFirestore();

http(
  "task",
  onTaskDispatched({}, async ({ id }) => {
    await runOnce(db, id, async () => {});
  }),
);
getTestServer("task").listen(Number(PORT), "127.0.0.1");
