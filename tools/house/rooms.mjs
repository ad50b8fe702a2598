// Which packages of the core import which, read from their sources.
import ts from "typescript";
import { sources } from "./sources.mjs";

/** @returns {Map<string, Set<string>>} the packages that each package's sources import, types included */
export function roomImports() {
  const graph = new Map();
  for (const { path, text } of sources()) {
    const [, room] = /^packages\/([^/]+)\//.exec(path) ?? [];
    if (room === undefined) continue;
    if (!graph.has(room)) graph.set(room, new Set());
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      const [, to] = /^@cambium\/([^/]+)/.exec(fileName) ?? [];
      if (to !== undefined && to !== room && !/^(backend|operator)-/.test(to)) graph.get(room).add(to);
    }
  }
  return graph;
}

/** The arrows that are not implied by others (the transitive reduction): `[from, to]`, sorted. */
export function arrows(graph) {
  const reaches = (from, to, seen = new Set()) => {
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(graph.get(from) ?? [])].some((next) => next === to || reaches(next, to, seen));
  };
  return [...graph]
    .flatMap(([from, all]) => [...all].map((to) => [from, to]))
    .filter(([from, to]) => ![...graph.get(from)].some((via) => via !== to && reaches(via, to)))
    .sort();
}
