import assert from "node:assert/strict";
import { addressClass, targetsAllowed } from "../../../proxy/upstream/address.ts";

Deno.test("addressClass, every way to write an address", () => {
  const table: [string, string][] = [
    ["93.184.216.34", "public"],
    ["2606:2800:220:1::1", "public"],
    ["127.0.0.1", "loopback"],
    ["127.8.9.10", "loopback"],
    ["::1", "loopback"],
    ["[::1]", "loopback"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["10.1.2.3", "private"],
    ["172.16.0.1", "private"],
    ["192.168.1.1", "private"],
    ["100.64.0.1", "private"],
    ["fd12::1", "private"],
    ["::ffff:10.0.0.1", "private"],
    ["64:ff9b::10.0.0.1", "private"],
    ["64:ff9b::93.184.216.34", "public"],
    ["169.254.169.254", "forbidden"],
    ["::ffff:169.254.169.254", "forbidden"],
    ["64:ff9b::169.254.169.254", "forbidden"],
    ["169.254.1.1", "forbidden"],
    ["fe80::1", "forbidden"],
    ["fe80::1%eth0", "forbidden"],
    ["fd00:ec2::254", "forbidden"],
    ["100.100.100.200", "forbidden"],
    ["168.63.129.16", "forbidden"],
    ["0.0.0.0", "forbidden"],
    ["::", "forbidden"],
    ["0.1.2.3", "forbidden"],
    ["224.0.0.1", "forbidden"],
    ["ff02::1", "forbidden"],
    ["255.255.255.255", "forbidden"],
    ["240.0.0.1", "forbidden"],
    ["192.0.2.1", "forbidden"],
    ["198.18.0.1", "forbidden"],
    ["2001:db8::1", "forbidden"],
    ["2002:7f00:1::", "forbidden"],
    ["2001:0:4136:e378::1", "forbidden"],
    ["example.com", "forbidden"],
    ["", "forbidden"],
  ];
  for (const [address, expected] of table) assert.equal(addressClass(address), expected, address);
});

Deno.test("targetsAllowed, private targets only for a registry that is there itself", () => {
  const table: [targets: string[], own: string[], allowed: boolean][] = [
    [["93.184.216.34"], ["1.1.1.1"], true],
    [["93.184.216.34"], ["127.0.0.1"], true],
    [["93.184.216.34"], [], true],
    [["127.0.0.1"], ["127.0.0.1"], true],
    [["::1"], ["127.0.0.1"], true],
    [["127.0.0.1"], ["1.1.1.1"], false],
    [["127.0.0.1"], ["10.0.0.1"], false],
    [["127.0.0.1"], [], false],
    [["10.0.0.2"], ["10.0.0.1"], true],
    [["192.168.0.2"], ["10.0.0.1"], true],
    [["fd00::2"], ["10.0.0.1"], true],
    [["10.0.0.2"], ["127.0.0.1"], false],
    [["10.0.0.2"], ["1.1.1.1", "10.0.0.1"], false],
    [["1.1.1.1", "10.0.0.2"], ["2.2.2.2"], false],
    [["1.1.1.1", "127.0.0.1"], ["127.0.0.1"], true],
    [["169.254.169.254"], ["169.254.169.254"], false],
    [["169.254.169.254"], ["10.0.0.1"], false],
    [["0.0.0.0"], ["127.0.0.1"], false],
    [[], ["127.0.0.1"], false],
  ];
  for (const [targets, own, allowed] of table) {
    assert.equal(targetsAllowed(targets, own), allowed, `${targets} for ${own}`);
  }
});
