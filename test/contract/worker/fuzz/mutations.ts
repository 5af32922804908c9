import {
  type Arbitrary,
  array,
  constant,
  constantFrom,
  integer,
  jsonValue,
  type JsonValue,
  nat,
  oneof,
  tuple,
} from "fast-check";
import { OTHER_KEY } from "../../../harness/auth/token-rules.ts";
import { type Draft, setHeader } from "./draft.ts";

/** One change to a valid delivery. */
export interface Mutation {
  readonly name: string;
  /** Whether the delivery may still be handled; null if unknown. No later mutation undoes a harmful one. */
  readonly isHarmful: boolean | null;
  readonly apply: (draft: Draft) => Draft;
}

/** More than the worker of these tests accepts. */
const TOO_MANY_BYTES = 300_001;
/** No envelope is shorter. */
const CUT_BYTES = 100;
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PURGE"];
const NAMED_HEADERS = ["x-cloudtasks-taskname", "x-cloudtasks-queuename", "content-type"];
const ENVELOPE_FIELDS = ["id", "type", "payload", "payloadHash", "enqueuedAt"];
const KEY_NAMING_FIELDS = ["crit", "jku", "jwk", "x5u", "x5c"];

const graphic = array(integer({ min: 0x21, max: 0x7e }), { minLength: 1, maxLength: 60 }).map((codes) =>
  String.fromCharCode(...codes),
);
const letters = array(integer({ min: 0x61, max: 0x7a }), { minLength: 1, maxLength: 12 }).map((codes) =>
  String.fromCharCode(...codes),
);

const harmless = (name: string, apply: Mutation["apply"]): Mutation => ({ name, isHarmful: false, apply });
const harmful = (name: string, apply: Mutation["apply"]): Mutation => ({ name, isHarmful: true, apply });

const harmlessOnes: Arbitrary<Mutation> = oneof(
  tuple(letters, graphic).map(([name, value]) =>
    harmless(`a header ${name}`, (draft) => setHeader(draft, `x-noise-${name}`, value)),
  ),
  constantFrom(
    harmless("names in upper case", (draft) => ({
      ...draft,
      headers: draft.headers.map(([name, value]) => [name.toUpperCase(), value]),
    })),
    harmless("headers in reverse", (draft) => ({ ...draft, headers: draft.headers.toReversed() })),
    harmless("chunks", (draft) => ({ ...draft, isChunked: true })),
    harmless("a charset", (draft) => ({
      ...draft,
      headers: draft.headers.map(([name, value]) => [
        name,
        /^content-type$/i.test(name) ? `${value}; charset=utf-8` : value,
      ]),
    })),
    harmless("fields in reverse", (draft) => ({
      ...draft,
      envelope: Object.fromEntries(Object.entries(draft.envelope).toReversed()),
    })),
    harmless("white space around the body", (draft) =>
      editBody(draft, (body) => Buffer.concat([Buffer.from(" \r\n\t"), body, Buffer.from("\n ")])),
    ),
    harmless("a target with a foreign host", (draft) => ({
      ...draft,
      target: draft.target.startsWith("/") ? `http://evil.example${draft.target}` : draft.target,
    })),
  ),
  letters.map((query) =>
    harmless(`the query ${query}`, (draft) => ({ ...draft, target: `${draft.target}?${query}=1` })),
  ),
  letters.map((sub) =>
    harmless(`the subject ${sub}`, (draft) =>
      draft.claims["sub"] === undefined ? draft : { ...draft, claims: { ...draft.claims, sub } },
    ),
  ),
  tuple(constantFrom("x-cloudtasks-taskretrycount", "x-cloudtasks-tasketa", "traceparent"), graphic).map(
    ([name, value]) => harmless(`${name}: ${value}`, (draft) => setHeader(draft, name, value)),
  ),
);

const ofTokens: Arbitrary<Mutation> = oneof(
  tuple(
    constantFrom("aud", "iss", "email", "email_verified", "exp", "iat", "nbf"),
    jsonValue().filter(isNoGoodClaim),
  ).map(([claim, value]) =>
    harmful(`the claim ${claim}: ${JSON.stringify(value)}`, (draft) => ({
      ...draft,
      claims: { ...draft.claims, [claim]: value },
    })),
  ),
  constantFrom("aud", "iss", "email", "email_verified", "exp", "iat", "sub").map((claim) =>
    harmful(`no claim ${claim}`, (draft) => ({ ...draft, claims: { ...draft.claims, [claim]: undefined } })),
  ),
  tuple(constantFrom("alg", "typ", "kid", ...KEY_NAMING_FIELDS), jsonValue()).map(([field, value]) =>
    harmful(`the token's ${field}: ${JSON.stringify(value)}`, (draft) => ({
      ...draft,
      tokenHeader: { ...draft.tokenHeader, [field]: value },
    })),
  ),
  constant(
    harmful("another's key", (draft) => ({
      ...draft,
      key: OTHER_KEY,
      tokenHeader: { ...draft.tokenHeader, kid: "key-1" },
    })),
  ),
  // The last character is left alone: some of its bits mean nothing. Three steps don't wrap around to the start.
  tuple(nat(), integer({ min: 1, max: 21 })).map(([place, step]) =>
    harmful(`another character ${place}, ${step} on`, (draft) => ({
      ...draft,
      editToken: (token) => changeCharacter(draft.editToken(token), place, step),
    })),
  ),
  constantFrom(
    harmful("no token", (draft) => ({ ...draft, authorization: () => [] })),
    harmful("another scheme", (draft) => withAuthorization(draft, (token) => [`Basic ${token}`])),
    harmful("the token twice", (draft) => withAuthorization(draft, (token) => [`Bearer ${token}`, `Bearer ${token}`])),
    harmful("no signature", (draft) => withAuthorization(draft, (t) => [`Bearer ${t.replace(/[^.]*$/, "")}`])),
  ),
  graphic.map((value) =>
    harmful(`X-Serverless-Authorization: ${value}`, (draft) => setHeader(draft, "x-serverless-authorization", value)),
  ),
);

const ofRequests: Arbitrary<Mutation> = oneof(
  tuple(constantFrom(...NAMED_HEADERS), graphic).map(([name, value]) =>
    harmful(`${name}: ${value}`, (draft) => setHeader(draft, name, value)),
  ),
  constantFrom(...NAMED_HEADERS).map((name) => harmful(`no ${name}`, (draft) => setHeader(draft, name, undefined))),
  tuple(constantFrom(...NAMED_HEADERS), graphic).map(([name, value]) =>
    harmful(`${name} twice, the second ${value}`, (draft) => ({
      ...draft,
      headers: [...draft.headers, [name, value]],
    })),
  ),
  graphic.map((value) => harmful(`Content-Encoding: ${value}`, (draft) => setHeader(draft, "content-encoding", value))),
  graphic.map((segment) => harmful(`the path ${segment}`, (draft) => ({ ...draft, target: `/tasks/${segment}` }))),
  constantFrom(...METHODS).map((method) => harmful(method, (draft) => ({ ...draft, method }))),
);

const ofBodies: Arbitrary<Mutation> = oneof(
  // No arbitrary value is an id, a hash or a date.
  tuple(constantFrom(...ENVELOPE_FIELDS), jsonValue()).map(([field, value]) =>
    harmful(`${field}: ${JSON.stringify(value)}`, (draft) => ({
      ...draft,
      envelope: { ...draft.envelope, [field]: value },
    })),
  ),
  constantFrom(...ENVELOPE_FIELDS).map((field) =>
    harmful(`no ${field}`, (draft) => ({ ...draft, envelope: { ...draft.envelope, [field]: undefined } })),
  ),
  tuple(graphic, jsonValue()).map(([field, value]) =>
    harmless(`a field ${field}`, (draft) => ({ ...draft, envelope: { ...draft.envelope, [`+${field}`]: value } })),
  ),
  nat().map((place) =>
    harmful(`a cut at ${place}`, (draft) =>
      editBody(draft, (body) => {
        return body.subarray(0, place % CUT_BYTES);
      }),
    ),
  ),
  constant(
    harmful("too many bytes", (draft) =>
      editBody(draft, (body) => Buffer.concat([body, Buffer.alloc(TOO_MANY_BYTES, 32)])),
    ),
  ),
);

const noise: Arbitrary<Mutation> = oneof(
  tuple(nat(), nat(), nat(255)).map(([header, place, byte]) => ({
    name: `byte ${byte} at ${place} of header ${header}`,
    isHarmful: null,
    apply: (draft: Draft) => ({
      ...draft,
      headers: draft.headers.map(([name, value], index): readonly [string, string] =>
        index === header % draft.headers.length ? [name, changeByte(value, place, byte)] : [name, value],
      ),
    }),
  })),
  tuple(nat(), nat(255)).map(([place, byte]) => ({
    name: `byte ${byte} at ${place} of the body`,
    isHarmful: null,
    apply: (draft: Draft) =>
      editBody(draft, (body) => Buffer.from(changeByte(body.toString("latin1"), place, byte), "latin1")),
  })),
);

/** Any one mutation; each kind is equally likely. */
export const anyMutation: Arbitrary<Mutation> = oneof(harmlessOnes, ofTokens, ofRequests, ofBodies, noise);

/** The times of a good token are close to now, and an nbf in the past does no harm. */
function isNoGoodClaim(value: JsonValue): boolean {
  return value !== true && (typeof value !== "number" || value <= 0);
}

function withAuthorization(draft: Draft, valuesOf: (token: string) => string[]): Draft {
  return { ...draft, authorization: (token) => valuesOf(token).map((value) => ["authorization", value]) };
}

function editBody(draft: Draft, edit: (body: Buffer) => Buffer): Draft {
  return { ...draft, editBody: (body) => edit(draft.editBody(body)) };
}

function changeCharacter(token: string, place: number, step: number): string {
  const at = place % (token.length - 1);
  const index = BASE64URL.indexOf(token.charAt(at));
  const changed = index < 0 ? "~" : BASE64URL.charAt((index + step) % BASE64URL.length);
  return token.slice(0, at) + changed + token.slice(at + 1);
}

function changeByte(text: string, place: number, byte: number): string {
  const at = place % Math.max(1, text.length);
  return text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
}
