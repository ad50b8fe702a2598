// A disk that fills up, or turns read-only, in the middle of a run: a clear error, nothing lost, and then the same bits.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { minimal, project } from "./support.js";

/** Mounts in a namespace of its own, gone with its process. */
const unshare = ["--mount", "--map-root-user"];
const canMount = spawnSync("unshare", [...unshare, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

describe.skipIf(!canMount)(`a run on a disk that fails${canMount ? "" : " (skipped: needs unshare --mount)"}`, () => {
  test("ends with a typed error, and continues to the same bits once the disk is well", () => {
    const train = { ...minimal.train, tokens: 240 };
    const { folder } = project({ ...minimal, train, compare: [], snapshot: { everySeconds: 1e-6 } });
    const disk = join(folder, "disk");
    mkdirSync(disk);
    const child = new URL("fault-child.ts", import.meta.url).pathname;
    const node = [process.execPath, "--import", "tsx", "--conditions", "@cambium/source", child, disk, folder];
    const script = 'mount -t tmpfs -o size=2m tmpfs "$1" && shift && exec "$@"';
    const output = execFileSync("unshare", [...unshare, "sh", "-c", script, "sh", disk, ...node], { encoding: "utf8" });
    expect(JSON.parse(output)).toEqual({
      undisturbed: "done",
      "full after 3": ["E_DISK_FULL", "done", true],
      "full after 10": ["E_DISK_FULL", "done", true],
      "full after 0": ["E_DISK_FULL", "done", true],
      "read-only": ["E_READ_ONLY", "done", true],
    });
    rmSync(folder, { recursive: true });
  }, 120_000);
});
