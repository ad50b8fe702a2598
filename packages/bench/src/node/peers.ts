// Peers: other frameworks that do the same work in their own best way. A peer is a folder with a peer.json.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import { isPluginPath } from "@cambium/plugin";
import { z } from "zod";
import type { Contestant } from "./contestants.js";

const manifest = z.strictObject({
  summary: z.string(),
  /** The command, run in the peer's folder, of the process that answers the protocol's commands. */
  command: z.tuple([z.string()]).rest(z.string()),
  suites: z.array(z.string()),
  /** A command that exits with 0 if everything the peer needs is installed. */
  check: z.tuple([z.string()]).rest(z.string()),
  /** How to install it. */
  install: z.string(),
});

/**
 * @param name a folder in benchmarks/peers, of the project or a folder above it, or a folder's path
 * @throws CambiumError `E_PEER_MISSING` with how to install it; `E_PEER` for an invalid peer.json
 */
export function peerContestant(name: string, project: string): Contestant {
  const folder = isPluginPath(name) ? resolve(project, name) : folderOf(name, project);
  const where = join(folder, "peer.json");
  const { command, suites, check, install } = read(where);
  const { status } = spawnSync(executable(check[0]), check.slice(1), { cwd: folder, stdio: "ignore" });
  if (status !== 0)
    throw new CambiumError("E_PEER_MISSING", `the peer ${name} is not installed`, { where, hint: install });
  const [program, ...args] = command;
  const none = { backend: "", options: {}, precision: "f32" } as const;
  return { name, command: [executable(program), ...args], ...none, suites, project: folder };
}

/** `node` is the Node that runs this process. */
function executable(program: string): string {
  return program === "node" ? process.execPath : program;
}

function folderOf(name: string, project: string): string {
  for (let folder = project; ; folder = dirname(folder)) {
    const found = join(folder, "benchmarks", "peers", name);
    if (existsSync(join(found, "peer.json"))) return found;
    if (dirname(folder) === folder) break;
  }
  throw new CambiumError("E_PEER_MISSING", `there is no peer ${name}`, {
    expected: `benchmarks/peers/${name}/peer.json here or above`,
    hint: "peers are in Cambium's repository: run it there, or give a peer's folder by its path",
  });
}

function read(where: string): z.infer<typeof manifest> {
  try {
    return manifest.parse(JSON.parse(readFileSync(where, "utf8")));
  } catch (cause) {
    throw new CambiumError("E_PEER", "this peer.json is invalid", {
      ...{ where, expected: "summary, command, suites, check, install", cause },
    });
  }
}
