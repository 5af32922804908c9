/** A decoded request. protobufjs has no static types, so each handler declares what it reads. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one place where the wire's untyped objects enter
export type WireMessage = any;
