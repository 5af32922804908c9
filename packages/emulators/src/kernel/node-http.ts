/**
 * Parts of Node's own `node:http`. An import of that module reads all that it exports, and with it loads what `fetch` is made
 * of: half as much work as the start of a small emulator.
 */
export const { createServer, request, validateHeaderName, validateHeaderValue } = process.getBuiltinModule("node:http");
