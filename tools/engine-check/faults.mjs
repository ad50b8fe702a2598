// Breaks what torch needs: no Python, an old torch, a port in use, a process that dies, a full disk.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { check, noneLeft, processes, recipeOf, run, scratch, start } from "./support.mjs";

export async function faults() {
  const fails = async (what, recipe, code, { out = join(scratch, what.replace(/\W+/g, "-")), env, meanwhile } = {}) => {
    const { ended } = start(recipe, out, env);
    await meanwhile?.(out);
    const end = await ended;
    const got = /"code":\s*"(E_\w+)"/.exec(`${end.errors}${end.output}`)?.[1] ?? /(E_[A-Z_]+)/.exec(end.errors)?.[1];
    check(
      `${what}: ${code}`,
      end.code !== 0 && got === code,
      got === code ? undefined : `${end.code} ${end.errors.slice(-400)}`,
    );
    await noneLeft(what);
    return out;
  };
  await fails("no Python", recipeOf({ engine: { python: join(scratch, "no-such-python") } }), "E_ENGINE_MISSING");
  await fails("no set-up", recipeOf({ engine: { python: undefined } }), "E_ENGINE_MISSING", {
    env: { XDG_CACHE_HOME: scratch },
  });
  const old = join(scratch, "old-python");
  const versions = JSON.stringify({
    python: "3.11.0",
    torch: "1.13.1",
    transformers: "5.0.0",
    safetensors: "0.5",
    numpy: "2",
  });
  writeFileSync(old, `#!/bin/sh\necho '${versions}'\n`);
  chmodSync(old, 0o755);
  await fails("an old torch", recipeOf({ engine: { python: old } }), "E_ENGINE_VERSION");
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  await fails("a port in use", recipeOf({ engine: { nproc: 2, port: server.address().port } }), "E_ENGINE_PORT");
  server.close();
  const dies = recipeOf({ engine: { nproc: 2 }, snapshot: 0.2 });
  const out = await fails("a process that dies", dies, "E_ENGINE_FAILED", {
    meanwhile: async (out) => {
      const saved = () => {
        const [target] = readdirSync(join(out, "stages"), { recursive: true }).filter((path) =>
          /engine\/saved\/step-\d+$/.test(path),
        );
        return target !== undefined;
      };
      // On a busy machine torch alone takes minutes to load.
      for (let i = 0; i < 3000; i++) {
        await sleep(100);
        try {
          if (saved()) break;
        } catch {
          // Nothing is there yet.
        }
      }
      const [worker] = processes().filter((line) => line.includes("driver.py") && !line.includes("distributed.run"));
      if (worker !== undefined) process.kill(Number(worker.trim().split(" ")[0]), "SIGKILL");
    },
  });
  check("… and the same command continues to the end", (await run(dies, out)).state === "done");
  await fullDisk(fails);
}

/** Runs on a small file system of its own, if this process may mount one. */
async function fullDisk(fails) {
  const disk = join(scratch, "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    console.log("– a full disk: not tried, because nothing may be mounted here");
    return;
  }
  try {
    const recipe = recipeOf({ engine: { nproc: 2 }, snapshot: 0.2 });
    const ballast = join(disk, "ballast");
    const fill = () => {
      try {
        for (let i = 0; i < 64; i++) writeFileSync(ballast, Buffer.alloc(512 << 10), { flag: "a" });
      } catch {
        // Full.
      }
    };
    const meanwhile = async () => {
      for (let i = 0; i < 900 && !processes().some((line) => line.includes("driver.py")); i++) await sleep(100);
      for (let i = 0; i < 300; i++) {
        await sleep(100);
        if (readdirSync(disk, { recursive: true }).some((path) => /start\/state\.json$/.test(path))) break;
      }
      fill();
    };
    const out = await fails("a full disk", recipe, "E_DISK_FULL", { out: join(disk, "run"), meanwhile });
    rmSync(ballast, { force: true });
    check("… and with space again it continues to the end", (await run(recipe, out)).state === "done");
  } finally {
    execFileSync("umount", [disk]);
  }
}
