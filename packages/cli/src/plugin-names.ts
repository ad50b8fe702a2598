// The plugins to ask for in a project: the well-known ones by name, others by the names of its dependencies.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pluginCandidates } from "@cambium/backend";

type Kind = "backend" | "operator";

const known: Readonly<Record<Kind, readonly string[]>> = {
  backend: ["onnx", "webgpu", "tfjs"],
  operator: ["stack", "interpolation"],
};

/** Names by kind: the known ones, then the packages in the project's package.json that are named as such plugins. */
export async function pluginNames(project: string): Promise<Readonly<Record<Kind, readonly string[]>>> {
  const listed = await dependencies(project);
  return { backend: names("backend", listed), operator: names("operator", listed) };
}

function names(kind: Kind, listed: readonly string[]): string[] {
  const packages = new Set(known[kind].flatMap((name) => pluginCandidates(kind, name)));
  const named = new RegExp(`^(@cambium/${kind}-|cambium-${kind}-|@[^/]+/cambium-${kind}-)`);
  return [...known[kind], ...listed.filter((name) => named.test(name) && !packages.has(name))];
}

/** Names of the packages that the project's package.json asks for; none when it cannot be read. */
async function dependencies(project: string): Promise<string[]> {
  try {
    const manifest = JSON.parse(await readFile(join(project, "package.json"), "utf8")) as Record<string, object>;
    return Object.keys({ ...manifest["dependencies"], ...manifest["devDependencies"] });
  } catch {
    return [];
  }
}
