import { Webhook } from "standardwebhooks";
import { expect, it } from "vitest";
import { endpointSecret } from "../../../../shared/auth/endpoint-keys.ts";
import { setUpWebhooks, WEBHOOK_SECRET, type WebhookSettings } from "../../../harness/worker/webhook-harness.ts";

const MASTER = Buffer.from("a signing key of thirty-two bytes");
const OLD_MASTER = Buffer.from("the signing key that it replaces");

/** Delivers one webhook for each payload. Says whether a holder of a secret would accept it. */
async function setup(settings: Partial<WebhookSettings> = {}) {
  const { deliver, receiver } = await setUpWebhooks({ settings });
  const urlOf = (path: string): string => `http://127.0.0.1:${receiver.port}${path}`;
  const send = async (path: string, endpointId?: string): Promise<(secret: string) => boolean> => {
    await deliver({ url: urlOf(path), ...(endpointId === undefined ? {} : { endpointId }) });
    const { body = "", headers = {} } = receiver.received.at(-1) ?? {};
    return (secret) => {
      try {
        new Webhook(secret).verify(body, headers);
        return true;
      } catch {
        return false;
      }
    };
  };
  const secretOf = (path: string, endpointId?: string, master: Uint8Array = MASTER): string =>
    endpointSecret(master, { url: urlOf(path), endpointId });
  return { send, secretOf, receiver };
}

it("is verified by its subscriber, whatever the query, and by no other on the same host", async () => {
  const { send, secretOf } = await setup();
  const isAcceptedBy = await send("/tenants/1?token=a");
  expect(isAcceptedBy(secretOf("/tenants/1"))).toBe(true);
  expect(isAcceptedBy(secretOf("/tenants/2"))).toBe(false);
  expect(isAcceptedBy(secretOf("/"))).toBe(false);
});

it("is verified by the endpoint that the task names, whatever the URL, and not with the URL's secret", async () => {
  const { send, secretOf } = await setup();
  const isAcceptedBy = await send("/shared", "ep_1");
  expect(isAcceptedBy(secretOf("/elsewhere", "ep_1"))).toBe(true);
  expect(isAcceptedBy(secretOf("/shared", "ep_2"))).toBe(false);
  expect(isAcceptedBy(secretOf("/shared"))).toBe(false);
});

it("isn't verified with the master secret, which no subscriber has", async () => {
  const { send } = await setup();
  expect((await send("/hook"))(WEBHOOK_SECRET)).toBe(false);
});

it("is verified with the secrets from either master while one replaces the other", async () => {
  const { send, secretOf, receiver } = await setup({ WEBHOOK_SIGNING_SECRET: [MASTER, OLD_MASTER] });
  const isAcceptedBy = await send("/hook");
  expect(isAcceptedBy(secretOf("/hook"))).toBe(true);
  expect(isAcceptedBy(secretOf("/hook", undefined, OLD_MASTER))).toBe(true);
  expect(receiver.received[0]?.headers["webhook-signature"]).toMatch(/^v1,[^ ]{44} v1,[^ ]{44}$/);
});

it("lists the signatures of both schemes", async () => {
  const { send, receiver } = await setup({ WEBHOOK_SIGNATURES: ["v1", "v1a"] });
  await send("/hook");
  expect(receiver.received[0]?.headers["webhook-signature"]).toMatch(/^v1,[^ ]{44} v1a,[^ ]{88}$/);
});

it("is verified with the old master only if the stack is configured so", async () => {
  const old = `whsec_${OLD_MASTER.toString("base64")}`;
  const masters = { WEBHOOK_SIGNING_SECRET: [MASTER, OLD_MASTER] };
  const { send } = await setup(masters);
  expect((await send("/hook"))(old)).toBe(false);
  const { send: sendInTransition } = await setup({ ...masters, WEBHOOK_SIGN_WITH_MASTER: true });
  const isAcceptedBy = await sendInTransition("/hook");
  expect(isAcceptedBy(old)).toBe(true);
  expect(isAcceptedBy(WEBHOOK_SECRET)).toBe(false);
});
