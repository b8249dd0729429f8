import assert from "node:assert/strict";
import { isAddress, isPublicAddress } from "../../core/public_address.ts";

const PUBLIC = [
  "8.8.8.8",
  "1.1.1.1",
  "172.32.0.1",
  "192.169.0.1",
  "100.128.0.1",
  "223.255.255.255",
];
const PUBLIC_V6 = ["2606:4700::1111", "2a00:1450:4001::200e", "2003::1", "2001:200::1"];

const CLOSED = [
  ...["0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254"],
  ...["172.16.0.1", "172.31.255.255", "192.0.0.8", "192.168.1.1", "198.18.0.1", "198.19.255.255"],
  ...["192.0.2.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"],
];
const CLOSED_V6 = [
  ...["::", "::1", "::ffff:8.8.8.8", "::ffff:7f00:1", "64:ff9b::808:808", "fe80::1", "fc00::1"],
  ...["fd12:3456::1", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "3fff::1", "5f00::1"],
];
const NO_ADDRESS = [
  "",
  "example.com",
  "1.2.3",
  "1.2.3.4.5",
  "256.1.1.1",
  "0x7f.0.0.1",
  "fe80::1%eth0",
];

Deno.test("addresses of the public internet are public", () => {
  for (const one of [...PUBLIC, ...PUBLIC_V6]) {
    assert.equal(isPublicAddress(one), true, one);
    assert.equal(isAddress(one), true, one);
  }
});

Deno.test("this machine, the local network, documentation and wrapped addresses are not", () => {
  for (const one of [...CLOSED, ...CLOSED_V6]) {
    assert.equal(isPublicAddress(one), false, one);
    assert.equal(isAddress(one), true, one);
  }
});

Deno.test("what is no address is not public either", () => {
  for (const one of NO_ADDRESS) {
    assert.equal(isAddress(one), false, one);
    assert.equal(isPublicAddress(one), false, one);
  }
});
