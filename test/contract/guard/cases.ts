/** A request as a browser or a program sends it: its own name for the server, and what it says of itself. */
export interface GuardCase {
  readonly name: string;
  /** Default: the server's own address. Each entry is a header; none for a request without one. */
  readonly hosts?: readonly string[];
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Goes before the path. Default: nothing. */
  readonly targetPrefix?: string;
  /** Default: HTTP/1.1. */
  readonly version?: "HTTP/1.0";
  /** What the guard responds; `served` when it lets the request pass. */
  readonly expected: "served" | 400 | 403;
}

const EVIL = "https://evil.example";

/** Everything that the guard decides, for a server on 127.0.0.1 that was started with `allowed.example` as a name. */
export function guardCases(port: number): readonly GuardCase[] {
  const own = `127.0.0.1:${port}`;
  const header = (name: string, value: string, expected: GuardCase["expected"]): GuardCase => {
    return { name: `${name}: ${value}`, headers: [[name, value]], expected };
  };
  const host = (value: string, expected: GuardCase["expected"]): GuardCase => {
    return { name: `Host: ${value}`, hosts: [value], expected };
  };
  return [
    ...pages(own, header),
    ...names(port, host),
    { name: "no Host in HTTP/1.0", hosts: [], version: "HTTP/1.0", expected: 400 },
    { name: "two Host headers", hosts: [own, "rebound.example"], expected: 400 },
    { name: "two Host headers that agree", hosts: [own, own], expected: 400 },
    { name: "a whole URL with a page's name", targetPrefix: "http://rebound.example", expected: 403 },
    { name: "a whole URL with a user", targetPrefix: `http://evil.example@${own}`, expected: 400 },
    { name: "a whole URL with the server's address", targetPrefix: `http://${own}`, expected: "served" },
    {
      name: "a whole URL with the server's address under a page's name",
      hosts: ["rebound.example"],
      targetPrefix: `http://${own}`,
      expected: 403,
    },
    {
      name: "a page after DNS rebinding, for which everything is its own",
      hosts: [`rebound.example:${port}`],
      headers: [
        ["Origin", `http://rebound.example:${port}`],
        ["Sec-Fetch-Site", "same-origin"],
      ],
      expected: 403,
    },
  ];
}

type OneHeader = (name: string, value: string, expected: GuardCase["expected"]) => GuardCase;

function pages(own: string, header: OneHeader): readonly GuardCase[] {
  return [
    { name: "a program's request", expected: "served" },
    header("Origin", EVIL, 403),
    header("Origin", "null", 403),
    header("Origin", "", 403),
    header("Origin", "file://", 403),
    header("Origin", "chrome-extension://abcdefgh", 403),
    header("Origin", "http://localhost:3000", 403),
    header("Origin", "http://127.0.0.1", 403),
    header("Origin", "http://127.0.0.1:1", 403),
    header("Origin", `https://${own}`, 403),
    header("Origin", `http://evil.example@${own}`, 403),
    header("Origin", `http://${own}, ${EVIL}`, 403),
    header("Origin", `http://${own}.evil.example`, 403),
    header("Origin", `http://${own}`, "served"),
    header("Sec-Fetch-Site", "cross-site", 403),
    header("Sec-Fetch-Site", "same-site", 403),
    header("Sec-Fetch-Site", "anything-new", 403),
    header("Sec-Fetch-Site", "same-origin", "served"),
    header("Sec-Fetch-Site", "none", "served"),
    // Node's own fetch sends this.
    header("Sec-Fetch-Mode", "cors", "served"),
    header("Referer", `${EVIL}/page`, 403),
    header("Referer", "not a URL", 403),
    header("Referer", `http://${own}/openapi.json`, "served"),
    {
      name: "two origins",
      headers: [
        ["Origin", `http://${own}`],
        ["Origin", EVIL],
      ],
      expected: 403,
    },
    {
      name: "another origin, said to be the same site's",
      headers: [
        ["Origin", EVIL],
        ["Sec-Fetch-Site", "same-origin"],
      ],
      expected: 403,
    },
    {
      name: "the link in a page elsewhere that somebody clicks",
      headers: [
        ["Sec-Fetch-Site", "cross-site"],
        ["Sec-Fetch-Mode", "navigate"],
        ["Sec-Fetch-User", "?1"],
      ],
      expected: 403,
    },
    {
      name: "a page's WebSocket",
      headers: [
        ["Connection", "Upgrade, close"],
        ["Upgrade", "websocket"],
        ["Sec-WebSocket-Version", "13"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["Origin", EVIL],
      ],
      expected: 403,
    },
  ];
}

function names(
  port: number,
  host: (value: string, expected: GuardCase["expected"]) => GuardCase,
): readonly GuardCase[] {
  return [
    host("rebound.example", 403),
    host(`rebound.example:${port}`, 403),
    host("REBOUND.EXAMPLE", 403),
    host("rebound.example.", 403),
    host("worker.", 403),
    host("127.0.0.1.evil.example", 403),
    host("localhost.evil.example", 403),
    host("notlocalhost.example", 403),
    host("evil-localhost.example", 403),
    host("localhost.localdomain", 403),
    host("my.notlocalhost", 403),
    host("127.1", 403),
    host("host.docker.internal", 403),
    host("other.allowed.example", 403),
    host("allowed.example", "served"),
    host(`ALLOWED.example.:${port}`, "served"),
    host("127.0.0.1", "served"),
    host(`127.0.0.1:${port}`, "served"),
    host("192.168.7.9:80", "served"),
    host("[::1]", "served"),
    host(`[::1]:${port}`, "served"),
    host("localhost", "served"),
    host(`LocalHost:${port}`, "served"),
    host("localhost.", "served"),
    host("handoff.localhost", "served"),
    host("cloud-tasks", "served"),
    host(`handoff_worker_1:${port}`, "served"),
    host(`user@127.0.0.1:${port}`, 400),
    host("127.0.0.1@rebound.example", 400),
    host("[::1", 400),
    host("[rebound.example]", 400),
    host("127.0.0.1:port", 400),
    host("127.0.0.1/rebound.example", 400),
    host("127.0.0.1, rebound.example", 400),
  ];
}
