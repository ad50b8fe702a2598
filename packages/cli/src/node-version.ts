// The versions of Node that run Cambium, checked before loading any code that others cannot parse.

/** 20.19 or later of 20, or 22.2 or later: the first with everything used here (`zlib.crc32` came last). */
export function isKnownNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major === 20) return minor >= 19;
  return major > 22 || (major === 22 && minor >= 2);
}
