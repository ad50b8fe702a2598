// Which versions of Node run Cambium: told before anything is loaded that others cannot read.

/** 20 from 20.19 on, and from 22.2 on: those have all that is used here (`zlib.crc32` came last). */
export function isKnownNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major === 20) return minor >= 19;
  return major > 22 || (major === 22 && minor >= 2);
}
