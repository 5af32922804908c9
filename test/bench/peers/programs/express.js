import { Firestore } from "@google-cloud/firestore";
import express from "express";
import { OAuth2Client } from "google-auth-library";
import { runOnce } from "./run-once.js";

/** A worker by hand: Express, the check of the token by Google's library, and two transactions around the handler. */
const { GOOGLE_CLOUD_PROJECT, OIDC_CERTS_URL, WORKER_AUDIENCE, INVOKER_SERVICE_ACCOUNT, PORT } = process.env;
const db = new Firestore({ projectId: GOOGLE_CLOUD_PROJECT });
const tokens = new OAuth2Client({ endpoints: { oauth2FederatedSignonPemCertsUrl: OIDC_CERTS_URL } });

const app = express();
app.use(express.json({ limit: "1mb" }));
// oxlint-disable-next-line oxc/no-async-endpoint-handlers, typescript/no-misused-promises -- Express 5 passes rejections on
app.post("/tasks/:type", async (request, response) => {
  const idToken = request.get("authorization")?.replace(/^Bearer /, "") ?? "";
  const ticket = await tokens.verifyIdToken({ idToken, audience: WORKER_AUDIENCE });
  if (ticket.getPayload()?.email !== INVOKER_SERVICE_ACCOUNT) return void response.sendStatus(403);
  await runOnce(db, request.get("x-cloudtasks-taskname"), async () => {});
  response.sendStatus(200);
});
app.listen(Number(PORT), "127.0.0.1");
