// Addresses as numbers, so that `10.0.0.9` comes before `10.0.0.10`.

/** The 32 bits of an IPv4 address; null when it is none. */
function v4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0n;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    value = value * 256n + BigInt(part);
  }
  return value;
}

/** The 128 bits of an IPv6 address; null when it is none. */
function v6(text: string): bigint | null {
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined) return null;
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const room = 8 - front.length - back.length;
  if (tail === undefined ? room !== 0 : room < 1) return null;
  const parts = [...front, ...Array<string>(Math.max(0, room)).fill("0"), ...back];
  if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return null;
  return parts.reduce((value, part) => value * 65_536n + BigInt(`0x${part}`), 0n);
}

export interface Address {
  family: 4 | 6;
  value: bigint;
}

/** Reads one address of IPv4 or IPv6; null when it is none. */
export function readAddress(text: string): Address | null {
  const four = v4(text);
  if (four !== null) return { family: 4, value: four };
  const six = v6(text);
  return six === null ? null : { family: 6, value: six };
}

/** Whether a text is one address. */
export function isAddress(text: string): boolean {
  return readAddress(text) !== null;
}

/** Orders addresses: IPv4 first, each by its number; what is no address comes last. */
export function compareAddresses(one: string, other: string): number {
  const [a, b] = [readAddress(one), readAddress(other)];
  if (!a || !b) return a ? -1 : b ? 1 : one.localeCompare(other);
  if (a.family !== b.family) return a.family - b.family;
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}
