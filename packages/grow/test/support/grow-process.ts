// Growth in a process of its own, on a disk of its own, and what its folder then holds.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const child = new URL("grow-child.ts", import.meta.url).pathname;
/** The command of `grow-child.ts`. */
export const node = [process.execPath, "--import", "tsx", "--conditions", "@cambium/source", child] as const;

/** What `grow-child.ts` asks for as well. */
export const sharded = { maxShardBytes: 400_000_000 };
const unshare = ["--mount", "--map-root-user"];
/** Whether this user may mount a disk of the test's own. */
export const canMount = spawnSync("unshare", [...unshare, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;
/** What `script` prints in a shell that sees a disk of `size` at `$disk`. */
export function onDisk(size: string, disk: string, script: string, ...args: string[]): string {
  mkdirSync(disk);
  const mounted = `disk=$1; shift; mount -t tmpfs -o size=${size} tmpfs "$disk" && ${script}`;
  return spawnSync("unshare", [...unshare, "sh", "-c", mounted, "sh", disk, ...args], { encoding: "utf8" }).stdout;
}

/** The hash of every file of a folder by name. */
export function files(dir: string): Record<string, string> {
  const hash = (name: string) =>
    createHash("sha256")
      .update(readFileSync(join(dir, name)))
      .digest("hex");
  return Object.fromEntries(readdirSync(dir).map((name) => [name, hash(name)]));
}
