import { type Json, type JsonObject, isArray } from "./json.ts";

/** A google.protobuf.Timestamp with both of its members. */
export interface WireTime {
  readonly seconds: string;
  readonly nanos: number;
}

const MICROS_PER_SECOND = 1_000_000n;
const NANOS_PER_MICRO = 1_000;

/** A time, if it is one. Missing members are zero. */
export function timeOf(json: Json | undefined): WireTime | null {
  if (json === null || typeof json !== "object" || isArray(json)) return null;
  const { seconds = "0", nanos = 0, ...rest } = json;
  if (typeof seconds !== "string" || typeof nanos !== "number" || Object.keys(rest).length > 0) return null;
  return { seconds, nanos };
}

/** Microseconds since 1970. */
export function microsOf({ seconds, nanos }: WireTime): bigint {
  return BigInt(seconds) * MICROS_PER_SECOND + BigInt(Math.trunc(nanos / NANOS_PER_MICRO));
}

/** The time this many microseconds later. It must be after 1970. */
export function later(time: WireTime, byMicros: number): JsonObject {
  const micros = microsOf(time) + BigInt(byMicros);
  return { seconds: String(micros / MICROS_PER_SECOND), nanos: Number(micros % MICROS_PER_SECOND) * NANOS_PER_MICRO };
}
