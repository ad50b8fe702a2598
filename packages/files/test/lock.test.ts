// Locks between processes: a live holder keeps the lock, a dead one's is taken over, even if its pid is reused.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { clearDeadLock, takeLock } from "@cambium/files";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cambium-lock-"));
  path = join(folder, "a.lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

const refusal = { code: "E_BUSY", message: "busy", hint: "wait" };
const take = () => takeLock(path, refusal);
const write = (holder: object) =>
  writeFileSync(
    path,
    JSON.stringify({ began: null, host: hostname(), space: space(), at: Date.now(), id: "x", ...holder }),
  );
const stat = (pid: number) => readFileSync(`/proc/${pid}/stat`, "utf8");
const began = (pid: number) =>
  stat(pid)
    .slice(stat(pid).lastIndexOf(")") + 2)
    .split(" ")[19];
const inProc = readdirSync("/").includes("proc");

const space = () =>
  inProc
    ? `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`
    : undefined;

describe("the lock", () => {
  test("keeps others out while it is held, including this process, and leaves nothing behind", async () => {
    const release = await take();
    await expect(take()).rejects.toMatchObject({ code: "E_BUSY", details: { got: `process ${process.pid}` } });
    await release();
    const again = await take();
    await again();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is held by a process that lives", async () => {
    write({ pid: process.ppid });
    await expect(take()).rejects.toMatchObject({
      code: "E_BUSY",
      details: { where: path, hint: "wait" },
    });
  });

  test("is taken over from a process that was killed", async () => {
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e6)"]);
    write({ pid: child.pid });
    await expect(take()).rejects.toMatchObject({ code: "E_BUSY" });
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await take())();
  });

  test("is cleared if its process is dead, and left if it is alive or cannot be seen", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    write({ pid });
    await clearDeadLock(path);
    expect(readdirSync(folder)).toEqual([]);
    await clearDeadLock(path);
    for (const holder of [{ pid: process.ppid }, { pid, host: "elsewhere" }]) {
      write(holder);
      await clearDeadLock(path);
      expect(readdirSync(folder)).toEqual(["a.lock"]);
    }
    writeFileSync(path, "not a lock");
    await clearDeadLock(path);
    expect(readFileSync(path, "utf8")).toBe("not a lock");
  });

  test.runIf(inProc)("is taken over if another process has the dead one's pid", async () => {
    write({ pid: process.ppid, began: "1" });
    await (await take())();
    write({ pid: process.ppid, began: began(process.ppid) });
    await expect(take()).rejects.toMatchObject({ code: "E_BUSY" });
  });

  test("is taken over if the dead one had this process's pid, as in a restarted container", async () => {
    write({
      pid: process.pid,
      began: inProc ? began(process.pid) : null,
      at: Date.now() - process.uptime() * 1000 - 50,
    });
    await (await take())();
  });

  test("is held by another thread of this process", async () => {
    write({ pid: process.pid, began: inProc ? began(process.pid) : null });
    await expect(take()).rejects.toMatchObject({ code: "E_BUSY" });
  });

  test("of another machine holds while it is touched, and a minute longer", async () => {
    write({ pid: 1, host: "elsewhere" });
    await expect(take()).rejects.toMatchObject({ code: "E_BUSY", details: { got: "process 1 on elsewhere" } });
    const past = new Date(Date.now() - 61_000);
    utimesSync(path, past, past);
    await (await take())();
  });

  test.each(["", "{", "null", "4711", '{"pid":"x"}'])(
    "that cannot be read is ignored once it is old: %s",
    async (text) => {
      writeFileSync(path, text);
      const past = new Date(Date.now() - 5000);
      utimesSync(path, past, past);
      await (await take())();
    },
  );

  const inItsPlace: [string, (at: string) => void][] = [
    ["a folder", (at) => mkdirSync(at)],
    ["a dangling link", (at) => symlinkSync("nowhere", at)],
    ["a link in a circle", (at) => symlinkSync(at, at)],
    ["a named pipe", (at) => execFileSync("mkfifo", [at])],
  ];
  test.each(inItsPlace.flatMap(([what, make]) => ["a.lock", "a.lock.turn"].map((name) => ({ what, make, name }))))(
    "is refused by path if $what is in place of $name",
    async ({ make, name }) => {
      if (name.endsWith("turn")) write({ pid: 2 ** 30 });
      make(join(folder, name));
      await expect(take()).rejects.toMatchObject({ details: { where: join(folder, name) } });
    },
  );

  test("with a time years in the future does not have to wait until then", async () => {
    const ahead = new Date(Date.now() + 1e11);
    for (const turn of [false, true]) {
      if (turn) write({ pid: 2 ** 30 });
      else writeFileSync(path, "");
      if (turn) writeFileSync(`${path}.turn`, "");
      utimesSync(turn ? `${path}.turn` : path, ahead, ahead);
      await (await take())();
    }
  });

  test.runIf(inProc)(
    "from before a reboot, or of another container of the same name, holds while it is touched",
    async () => {
      write({ pid: process.ppid, began: began(process.ppid), space: "another" });
      await expect(take()).rejects.toMatchObject({
        details: { where: path, hint: expect.stringContaining("a minute") },
      });
      const past = new Date(Date.now() - 61_000);
      utimesSync(path, past, past);
      await (await take())();
    },
  );

  test("of a process whose pid may have been reused holds while it is touched", async () => {
    write({ pid: process.ppid, began: null });
    await expect(take()).rejects.toMatchObject({ code: "E_BUSY" });
    const past = new Date(Date.now() - 61_000);
    utimesSync(path, past, past);
    await (await take())();
  });

  test("of a dead process goes to exactly one of many that want it", async () => {
    for (let round = 0; round < 40; round++) {
      write({ pid: 2 ** 30 });
      const results = await Promise.allSettled(Array.from({ length: 8 }, take));
      const takers = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(takers).toHaveLength(1);
      await takers[0]?.();
    }
  });
});
