import ipaddr from "ipaddr.js";

/**
 * Whether an IP address is one of the public internet. Private, loopback, link-local (where clouds
 * keep their metadata), shared, reserved and multicast ones are not; an IPv6 address that stands
 * for an IPv4 one (mapped, NAT64, 6to4) is what that one is. Pure.
 */
export function isPublicAddress(address: string): boolean {
  // A zone (`fe80::1%eth0`) belongs to link-local addresses only.
  if (!ipaddr.isValid(address) || address.includes("%")) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.range() === "unicast";
  const embedded = embeddedAddress(parsed);
  if (embedded !== undefined) return embedded.range() === "unicast";
  // Global unicast is 2000::/3 (RFC 4291, 2.4); the rest includes forgotten ways to write IPv4.
  return parsed.range() === "unicast" && ((parsed.parts[0] ?? 0) & 0xe000) === 0x2000;
}

/** The IPv4 address inside a mapped (RFC 4291), NAT64 (RFC 6052) or 6to4 (RFC 3056) address. */
function embeddedAddress(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const bytes = address.toByteArray();
  const range = address.range();
  const from = range === "6to4"
    ? 2
    : range === "ipv4Mapped" || range === "rfc6052"
    ? 12
    : undefined;
  return from === undefined ? undefined : new ipaddr.IPv4(bytes.slice(from, from + 4));
}
