import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A receiver that reads each request and answers 204 at once. Prints its address. */
const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.writeHead(204).end());
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
