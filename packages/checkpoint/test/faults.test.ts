// Full disk, read-only disk, SIGKILL, with a real process on a real file system: nothing that was saved is lost.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { loadSnapshot } from "@cambium/checkpoint";
import { recoverDirectory } from "@cambium/files";
import { describe, expect, it } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";

const child = new URL("support/fault-child.ts", import.meta.url).pathname;
const node = [process.execPath, "--import", "tsx", "--conditions", "@cambium/source", child] as const;

/** Mounts in a namespace of its own, which ends with its process. */
const unshare = ["--mount", "--map-root-user"];
const canMount = spawnSync("unshare", [...unshare, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

interface Report {
  results: Record<"snapshot" | "file" | "model", { code: string; where: string; expected?: string; got?: string }>;
  after: { file: string; state: string; names: string[] };
}

/** Runs the child in `dir`, on a tmpfs of 4 MB. */
function onTinyDisk(mode: string, dir: string): Report {
  const script = 'mount -t tmpfs -o size=4m tmpfs "$1" && shift && exec "$@"';
  const args = [...unshare, "sh", "-c", script, "sh", dir, ...node, mode, dir];
  return JSON.parse(execFileSync("unshare", args, { encoding: "utf8" })) as Report;
}

describe.skipIf(!canMount)(`on a file system that fails${canMount ? "" : " (skipped: needs unshare --mount)"}`, () => {
  it("a full disk is reported with path and bytes, and existing files stay", async () => {
    const dir = await tempDir();
    const { results, after } = onTinyDisk("full", dir);
    const places = { snapshot: join(dir, "snapshots", "snapshot-000002.safetensors"), file: join(dir, "file") };
    for (const [what, where] of Object.entries({ ...places, model: join(dir, "model") })) {
      const result = results[what as keyof typeof results];
      expect(result).toMatchObject({ code: "E_DISK_FULL", where });
      expect(Number.parseInt(result.expected ?? "", 10)).toBeGreaterThanOrEqual(2 ** 20);
      expect(Number.parseInt(result.got ?? "", 10)).toBeLessThan(2 ** 20);
    }
    expect(after).toMatchObject({ file: "old", state: "old" });
    expect(after.names.filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  it("a read-only disk is reported, and existing files stay", async () => {
    const dir = await tempDir();
    const { results, after } = onTinyDisk("read-only", dir);
    for (const [what, { code, where }] of Object.entries(results)) {
      expect([what, code]).toEqual([what, "E_READ_ONLY"]);
      expect(where.startsWith(dir)).toBe(true);
    }
    expect(after).toMatchObject({ file: "old", state: "old" });
  });
});

describe("SIGKILL at a random instant", () => {
  it("leaves a snapshot that loads, a complete file and a complete folder, none older than what was safe", async () => {
    const dir = join(await tempDir(), "run");
    await mkdir(dir);
    for (let kill = 0; kill < 8; kill++) {
      const safe = await runAndKill(dir, 1 + kill, Math.random() * 30);
      const snapshot = await loadSnapshot(dir);
      await using tensors = snapshot?.tensors;
      const state = snapshot?.state as number;
      expect(state).toBeGreaterThanOrEqual(safe);
      expect(snapshot?.rejected).toEqual([]);
      expect(new Set((await tensors?.read("w", "f32"))?.data)).toEqual(new Set([state]));
      const file = await readFile(join(dir, "file"), "utf8");
      expect(file).toBe(String(Number.parseInt(file, 10)).padEnd(100_000, "."));
      await recoverDirectory(join(dir, "folder"));
      const folder = await Promise.all(["a", "b", "c"].map((name) => readFile(join(dir, "folder", name), "utf8")));
      expect(new Set(folder).size).toBe(1);
      for (const n of [file, folder[0] ?? ""]) expect(Number.parseInt(n, 10)).toBeGreaterThanOrEqual(safe);
    }
  }, 120_000);
});

/** Kills the writer `delay` ms after it has printed `lines` numbers. @returns the last number it printed */
async function runAndKill(dir: string, lines: number, delay: number): Promise<number> {
  const [command, ...args] = node;
  const writer: ChildProcess = spawn(command, [...args, "loop", dir], { stdio: ["ignore", "pipe", "inherit"] });
  let safe = 0;
  const enough = new Promise<void>((resolve) => {
    createInterface({ input: writer.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      safe = Number(line);
      if (safe === lines) resolve();
    });
  });
  await Promise.race([enough, once(writer, "exit")]);
  await new Promise((resolve) => setTimeout(resolve, delay));
  const ended = once(writer, "close");
  writer.kill("SIGKILL");
  await ended;
  return safe;
}
