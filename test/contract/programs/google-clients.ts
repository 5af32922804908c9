import firestore, { Firestore } from "@google-cloud/firestore";
import { CloudTasksClient, v2beta3 } from "@google-cloud/tasks";
import grpc from "@grpc/grpc-js";
import auth from "google-auth-library";

/** Calls the emulators through Google's clients in many ways, and prints the results: the same ones in each process. */
const db = new Firestore({ projectId: "clients" });
const [host = "", port = ""] = (process.env["CLOUD_TASKS_EMULATOR_HOST"] ?? "").split(":");
const options = {
  apiEndpoint: host,
  port: Number(port),
  sslCreds: grpc.credentials.createInsecure(),
  authClient: new auth.PassThroughClient(),
};
const tasks = new CloudTasksClient(options);
const beta = new v2beta3.CloudTasksClient(options);

async function firestoreResults(): Promise<unknown[]> {
  const documents = db.collection("documents");
  const values = {
    text: "a",
    number: 1.5,
    big: 2 ** 40,
    bytes: Buffer.from("x"),
    list: [null, true],
    map: { a: { b: 1 } },
  };
  await documents.doc("one").set(values);
  await documents.doc("two").create({ number: 3, place: documents.doc("one") });
  const again = await documents
    .doc("two")
    .create({})
    .catch(({ code, message }) => ({ code, message }));
  const found = await documents.where("number", ">", 1).orderBy("number", "desc").get();
  const sum = await db.runTransaction(async (transaction) => {
    const one = await transaction.get(documents.doc("one"));
    transaction.update(documents.doc("one"), { number: one.get("number") + 1 });
    return one.get("number");
  });
  const one = await documents.doc("one").get();
  // This uses the message classes.
  const bundle = db.bundle("all").add(one).build().toString();
  // Times differ, and so do lengths, which depend on them.
  const bundled = bundle.replaceAll(/\d+/g, "#");
  return [again, found.docs.map((doc) => doc.id), sum, one.data(), bundled];
}

async function tasksResults(): Promise<unknown[]> {
  const parent = tasks.locationPath("clients", "local");
  const queue = tasks.queuePath("clients", "local", "queue");
  await tasks.createQueue({ parent, queue: { name: queue } }).catch(() => undefined);
  await tasks.pauseQueue({ name: queue });
  await tasks.purgeQueue({ name: queue });
  const httpRequest = { url: "http://127.0.0.1:9/", httpMethod: "POST", body: Buffer.from("{}") } as const;
  const dispatchDeadline = { seconds: 20 };
  const [task] = await tasks.createTask({ parent: queue, task: { httpRequest, dispatchDeadline } });
  const [listed] = await tasks.listTasks({ parent: queue, responseView: "FULL" });
  const [statistics] = await beta.getQueue({ name: queue, readMask: { paths: ["stats"] } });
  const missing = await tasks.getQueue({ name: `${queue}-2` }).catch(({ code, details }) => ({ code, details }));
  return [task.httpRequest, task.dispatchDeadline, listed.length, Object.keys(statistics), missing];
}

/** A client with long-running operations needs more messages than its service's. Its emulator has no such service. */
async function adminResults(): Promise<unknown> {
  const admin = new firestore.v1.FirestoreAdminClient({ ...options, fallback: false });
  const name = admin.databasePath("clients", "(default)");
  return await admin.getDatabase({ name }).catch(({ code }) => code);
}

async function main(): Promise<void> {
  const results = [await firestoreResults(), await tasksResults(), await adminResults()];
  process.stdout.write(`${JSON.stringify(results)}\n`);
  await Promise.all([db.terminate(), tasks.close(), beta.close()]);
}

void main();
