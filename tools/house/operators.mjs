// The length of each operator's package: what it adds must be short, and what operators share is in packages/growth.

/** @returns {Map<string, number>} lines of sources and tests by the package's folder, blank ones aside */
export function operatorLengths(files) {
  const lengths = new Map();
  for (const { path, text } of files) {
    const [, folder] = /^(operators\/[^/]+)\/(?:src|test)\//.exec(path) ?? [];
    if (folder === undefined) continue;
    const lines = text.split("\n").filter((line) => line.trim() !== "").length;
    lengths.set(folder, (lengths.get(folder) ?? 0) + lines);
  }
  return lengths;
}
