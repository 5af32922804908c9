import net from "node:net";

/** Connects to a port repeatedly. Resolves when it accepts no client any more. */
export async function untilRefused(port: number, clients = 1): Promise<void> {
  await Promise.all(Array.from({ length: clients }, () => connectUntilRefused(port)));
}

async function connectUntilRefused(port: number): Promise<void> {
  for (;;) {
    const socket = net.connect(port, "127.0.0.1");
    const outcome = await new Promise((resolve) => {
      socket.once("connect", () => resolve("accepted"));
      socket.once("error", () => resolve("refused"));
    });
    socket.destroy();
    if (outcome === "refused") return;
  }
}
