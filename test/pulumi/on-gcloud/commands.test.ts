import { expect, onTestFinished, test } from "vitest";
import { FakeGoogle } from "../fake-google/fake-google.ts";
import { faults } from "../fake-google/faults.ts";
import { gcloudAt } from "./gcloud.ts";

const ACCOUNT = "worker@my-project-123.iam.gserviceaccount.com";
const MEMBER = `serviceAccount:${ACCOUNT}`;

async function setUp() {
  const google = await FakeGoogle.start();
  onTestFinished(() => google.stop());
  return { google, gcloud: await gcloudAt(google) };
}

test("gcloud makes an account, and grants it roles on a queue and on the project", async () => {
  const { gcloud } = await setUp();
  expect(await gcloud("iam service-accounts create worker --display-name Worker")).toMatchObject({ email: ACCOUNT });
  expect(await gcloud("iam service-accounts list")).toMatchObject([{ email: ACCOUNT, displayName: "Worker" }]);

  await gcloud("tasks queues create q --location europe-west1 --max-attempts 5");
  const grant = `--member ${MEMBER} --role roles/cloudtasks.viewer`;
  const policy = { bindings: [{ role: "roles/cloudtasks.viewer", members: [MEMBER] }] };
  expect(await gcloud(`tasks queues add-iam-policy-binding q --location europe-west1 ${grant}`)).toMatchObject(policy);
  expect(await gcloud("tasks queues get-iam-policy q --location europe-west1")).toMatchObject(policy);
  const own = `--member ${MEMBER} --role roles/datastore.user --condition None`;
  expect(await gcloud(`projects add-iam-policy-binding my-project-123 ${own}`)).toMatchObject({
    bindings: [{ role: "roles/datastore.user", members: [MEMBER] }],
  });
});

test("gcloud is told that an account doesn't exist, or not yet", async () => {
  const { google, gcloud } = await setUp();
  google.world.policies.lateness = { accounts: 1, reads: 0 };
  await gcloud("tasks queues create q --location europe-west1");
  await gcloud("iam service-accounts create worker");
  const grant = `tasks queues add-iam-policy-binding q --location europe-west1 --member ${MEMBER} --role roles/cloudtasks.viewer`;

  await expect(gcloud(grant)).rejects.toThrow(`Service account ${ACCOUNT} does not exist.`);
  expect(await gcloud(grant)).toMatchObject({ bindings: [{ members: [MEMBER] }] });
  await expect(gcloud(grant.replaceAll("worker", "nobody"))).rejects.toThrow("does not exist");
});

test("gcloud waits for a database's operation, reads a secret back, and finds what it made", async () => {
  const { google, gcloud } = await setUp();
  google.faults.set([faults.slow(/^POST firestore\//, 1)]);
  const database = { name: "projects/my-project-123/databases/d", type: "FIRESTORE_NATIVE" };
  await gcloud("firestore databases create --database d --location europe-west1");
  expect(await gcloud("firestore databases describe --database d")).toMatchObject(database);

  await gcloud("secrets create s");
  await gcloud("secrets versions add s --data-file=-", "hello");
  expect(await gcloud("secrets versions access 1 --secret s")).toMatchObject({
    payload: { data: Buffer.from("hello").toString("base64") },
  });

  await gcloud("artifacts repositories create r --repository-format docker --location europe-west1");
  const path = "projects/my-project-123/locations/europe-west1/repositories/r";
  expect(await gcloud("artifacts repositories describe r --location europe-west1")).toMatchObject({ name: path });
  await gcloud("logging metrics create m --description d --log-filter severity>=ERROR");
  expect(await gcloud("logging metrics describe m")).toMatchObject({ name: "m", filter: "severity>=ERROR" });
  await gcloud(
    "scheduler jobs create http j --schedule */5 --uri https://example.com --location europe-west1".replace(
      "*/5",
      "@hourly",
    ),
  );
  expect(await gcloud("scheduler jobs describe j --location europe-west1")).toMatchObject({ schedule: "@hourly" });
});

test("gcloud enables an API, makes a network with a subnet and an address, and repeats a call that was too many", async () => {
  const { google, gcloud } = await setUp();
  google.faults.set([faults.tooManyCalls(/^POST serviceusage\//, 1)]);
  await gcloud("services enable run.googleapis.com");
  expect(google.world.enabledApis).toContain("run.googleapis.com");

  await gcloud("compute networks create n --subnet-mode custom");
  await gcloud("compute networks subnets create s --network n --range 10.0.0.0/20 --region europe-west1");
  await gcloud("compute addresses create a --region europe-west1");
  expect(await gcloud("compute addresses describe a --region europe-west1")).toMatchObject({ address: "203.0.113.7" });
});
