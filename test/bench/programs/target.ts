import http from "node:http";
import { once } from "node:events";
import { portOf } from "../../../shared/http/listening-port.ts";

/** Answers every request at once; sends its parent its port, and later a message that the expected number has come. */
const wanted = Number(process.argv[2]);
let come = 0;

const server = http.createServer((_, response) => {
  response.writeHead(204).end();
  if (++come === wanted) process.send?.({ come });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
process.send?.({ port: portOf(server) });
process.once("disconnect", () => process.exit(0));
