import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { openHostsFile } from "../../../../shared/network/hosts-file.ts";
import { temporaryFolder } from "../../../harness/runtime/temporary-folder.ts";

const TEXT = `# This machine
127.0.0.1\tlocalhost   laptop # and more
::1       localhost
192.168.65.254 Host.Docker.Internal
not-an-address nowhere
10.0.0.1
`;

function setup(text?: string) {
  const file = path.join(temporaryFolder(), "hosts");
  if (text !== undefined) fs.writeFileSync(file, text);
  const clock = new VirtualClock();
  return { file, clock, hosts: openHostsFile({ clock, path: file }) };
}

it.each([
  ["localhost", ["127.0.0.1", "::1"]],
  ["laptop", ["127.0.0.1"]],
  ["host.docker.internal", ["192.168.65.254"]],
  ["HOST.docker.internal", ["192.168.65.254"]],
  ["nowhere", []],
  ["and", []],
  ["constructor", []],
  ["", []],
])("finds %s", (name, addresses) => {
  const { hosts } = setup(TEXT);
  expect(hosts(name).map(({ address }) => address)).toEqual(addresses);
});

it("gives each address its family", () => {
  const { hosts } = setup(TEXT);
  expect(hosts("localhost").map(({ family }) => family)).toEqual([4, 6]);
});

it("reads lines with Windows line breaks", () => {
  const { hosts } = setup("10.0.0.1 one\r\n10.0.0.2 two\r\n");
  expect(hosts("one")).toEqual([{ address: "10.0.0.1", family: 4 }]);
});

it("has no names if there is no file, and notices a new one within 5 s", async () => {
  const { hosts, file, clock } = setup();
  expect(hosts("laptop")).toEqual([]);
  fs.writeFileSync(file, TEXT);
  expect(hosts("laptop")).toEqual([]);
  await clock.advance(5_000);
  expect(hosts("laptop")).toHaveLength(1);
  fs.rmSync(file);
  await clock.advance(5_000);
  expect(hosts("laptop")).toEqual([]);
});

it("has no names if the file is a folder", () => {
  const { file, clock } = setup();
  fs.mkdirSync(file);
  expect(openHostsFile({ clock, path: file })("laptop")).toEqual([]);
});
