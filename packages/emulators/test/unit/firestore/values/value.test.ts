import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import {
  isNaNValue,
  kindOf,
  microsOf,
  normalizeFields,
  timestampOf,
  toBigInt,
  toNumber,
  typeOrder,
  TypeOrder,
  wireInt64,
} from "../../../../src/firestore/values/value.ts";
import { loadProtos } from "../../../../src/rpc/proto.ts";
import {
  array,
  bytes,
  double,
  int,
  LARGEST,
  long,
  map,
  NAN,
  NULL,
  PAST_DOUBLES,
  point,
  reference,
  text,
  time,
  vector,
} from "./wire-values.ts";

const PACKAGES = ["google.firestore.v1", "google.protobuf", "google.type", "google.rpc"];

describe("kindOf", () => {
  it("refuses a value without a type", () => {
    expect(() => kindOf({})).toThrow(expect.objectContaining({ code: status.INVALID_ARGUMENT }));
  });

  it("ignores inherited members", () => {
    const decoded = Object.assign(Object.create({ nullValue: 0, stringValue: "" }), { booleanValue: false });

    expect(kindOf(decoded)).toBe("booleanValue");
    expect(isNaNValue(Object.create(NAN))).toBe(false);
  });
});

describe("typeOrder", () => {
  it("treats a map as a vector only if it has the mark", () => {
    expect(typeOrder(vector(1))).toBe(TypeOrder.vector);
    expect(typeOrder(map({ __type__: text("other"), value: array() }))).toBe(TypeOrder.map);
    expect(typeOrder(map({}))).toBe(TypeOrder.map);
  });
});

describe("integers", () => {
  it.each([
    [long(0, 1), 1n],
    [long(-1, -1), -1n],
    [long(0, -1), 2n ** 32n - 1n],
    [LARGEST, 2n ** 63n - 1n],
    [long(-0x8000_0000, 0), -(2n ** 63n)],
    [PAST_DOUBLES, 2n ** 53n + 1n],
    [-7, -7n],
  ])("%j is exactly %s", (wire, exact) => {
    expect(toBigInt(wire)).toBe(exact);
    expect(toBigInt(wireInt64(exact))).toBe(exact);
  });

  it("are numbers if that is exact, and two halves beyond that", () => {
    expect(wireInt64(-5n)).toBe(-5);
    expect(wireInt64(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
    expect(wireInt64(2n ** 53n + 1n)).toEqual({ high: 0x20_0000, low: 1, unsigned: false });
    expect(wireInt64(-(2n ** 53n) - 1n)).toEqual({ high: -0x20_0001, low: -1, unsigned: false });
  });

  it("round to the nearest number on demand", () => {
    expect(toNumber(LARGEST)).toBe(2 ** 63);
  });
});

describe("timestamps", () => {
  it.each([
    [{ seconds: 1, nanos: 2000 }, 1_000_002n],
    [{ seconds: -1, nanos: 999_999_000 }, -1n],
    [{ seconds: -2 }, -2_000_000n],
    [{}, 0n],
  ])("%j converts to microseconds and back", (timestamp, micros) => {
    expect(microsOf(timestamp)).toBe(micros);
    expect(timestampOf(micros)).toEqual({ seconds: 0, nanos: 0, ...timestamp });
  });

  it("are rounded down to microseconds", () => {
    expect(microsOf({ seconds: -1, nanos: 999_999_999 })).toBe(-1n);
    expect(microsOf({ seconds: long(0, 5), nanos: 1999 })).toBe(5_000_001n);
  });
});

describe("normalizeFields", () => {
  it("truncates timestamps to microseconds at any depth", () => {
    const fields = normalizeFields({ t: time(1, 1999), a: array(time(2, 999)), m: map({ t: time(-3, 2001) }) });

    expect(fields).toEqual({ t: time(1, 1000), a: array(time(2, 0)), m: map({ t: time(-3, 2000) }) });
  });

  it("keeps large integers exactly", () => {
    expect(normalizeFields({ small: int(long(-1, -2)), large: int(LARGEST) })).toEqual({
      small: int(-2),
      large: int(LARGEST),
    });
  });

  it("does not change its argument", () => {
    const fields = { t: time(1, 1999) };
    normalizeFields(fields);

    expect(fields).toEqual({ t: time(1, 1999) });
  });

  it("keeps a field called __proto__", () => {
    const fields = normalizeFields(JSON.parse('{"__proto__":{"nullValue":0}}'));

    expect(Object.keys(fields)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  });

  it("refuses a field without a type", () => {
    expect(() => normalizeFields({ a: {} })).toThrow(expect.objectContaining({ code: status.INVALID_ARGUMENT }));
  });

  it("converts decoded messages of every type to plain values", () => {
    const fields = {
      nothing: NULL,
      no: { booleanValue: false },
      zero: int(0),
      large: int(PAST_DOUBLES),
      nan: NAN,
      negativeZero: double(-0),
      time: time(-1, 1000),
      empty: text(""),
      bytes: bytes(1, 2),
      reference: reference("a/b"),
      point: point(0, -1),
      array: array(array(), map({})),
      map: map({ a: map({}) }),
    };
    const Document = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, PACKAGES).lookupType(
      "google.firestore.v1.Document",
    );
    const decoded = Document.decode(Document.encode(Document.create({ fields })).finish());
    const normal = normalizeFields(Object.getOwnPropertyDescriptor(decoded, "fields")?.value);

    expect(normal).toEqual({ ...fields, bytes: { bytesValue: Buffer.from([1, 2]) } });
    expect(Object.values(normal).every((value) => Object.getPrototypeOf(value) === Object.prototype)).toBe(true);
  });
});
