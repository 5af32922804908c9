import { expect, it } from "vitest";
import { signatures } from "../../../../../services/worker/handlers/webhook/sign.ts";

const NEW = Buffer.from("a signing key of thirty-two bytes");
const OLD = Buffer.from("the signing key that it replaces");
const ENDPOINT = { endpointId: "ep_1", url: "https://example.com/hook" };
const MESSAGE = { id: "msg_1", timestampS: 1_767_323_045, body: '{"a":1}' };

/** Python's hmac and hashlib, with HKDF from its definition, and its cryptography package computed these. */
const SIGNATURES = {
  new: "v1,zM7kvlMpCLW67AMrpuWvf5VdZuxx9cWCdsKpGbZdY48=",
  old: "v1,SStuauFab+hRYG8x8ZHo6KQNjAsoR3xP+t6xbYJZr+g=",
  newEd25519: "v1a,ll+xEuY3aj7QoRg31ILDYNAck9pPOyHkr8BGQTX5lL93h+Tufc07Zy21rHKaV8rvacuf0eGs6u9dNO+Ykul7Bg==",
  oldEd25519: "v1a,SA1MVc3qCalC+Sr/25tLbwYgzt3av0V5z+8m/4BsaEP/SZeb5DEo9EFuxiTPK48gGimhMN6j1vfzTb3xhWgIAg==",
  newMaster: "v1,An7rvp6xDYSr4wlYau6jnuL9Of7oCLA2c/+BXT6M9f4=",
  oldMaster: "v1,KhVa7wPciLvJlbm6F0KNGLJ0MF5qdaqPXTq/wBETVlA=",
};

it.each([
  ["one master", [NEW], ["v1"], false, ["new"]],
  ["one master, asymmetrically", [NEW], ["v1a"], false, ["newEd25519"]],
  ["one master, both ways", [NEW], ["v1", "v1a"], false, ["new", "newEd25519"]],
  ["two masters", [NEW, OLD], ["v1"], false, ["new", "old"]],
  ["two masters, both ways", [NEW, OLD], ["v1", "v1a"], false, ["new", "old", "newEd25519", "oldEd25519"]],
  ["one master, and itself", [NEW], ["v1"], true, ["new", "newMaster"]],
  ["two masters, and the old one itself", [NEW, OLD], ["v1"], true, ["new", "old", "oldMaster"]],
] as const)("signs with keys from %s", (_name, masters, schemes, signsWithMaster, expected) => {
  const header = signatures({ masters, schemes, signsWithMaster }, ENDPOINT, MESSAGE);
  expect(header.split(" ")).toEqual(expected.map((name) => SIGNATURES[name]));
});
