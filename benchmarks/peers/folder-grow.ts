// Grows a checkpoint with a command; shared by the peers of the suite `grow`.
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Size } from "@cambium/bench";
import { randomBase } from "@cambium/bench/node";
import type { PeerCase } from "./serve.js";

export interface Folders {
  readonly scratch: string;
  readonly base: string;
  readonly target: string;
}

/** @param command returns the command line that makes `target` from `base` */
export async function growing(
  size: Size,
  device: string,
  command: (folders: Folders) => Promise<readonly [string, ...string[]]>,
): Promise<PeerCase> {
  const scratch = await mkdtemp(join(tmpdir(), "cambium-peer-grow-"));
  const folders = { scratch, base: join(scratch, "base"), target: join(scratch, "target") };
  await randomBase(folders.base, size);
  const line = await command(folders);
  const once = async () => {
    await rm(folders.target, { recursive: true, force: true });
    const began = performance.now();
    await run(line);
    await run(["sync", ...(await readdir(folders.target)).map((name) => join(folders.target, name))]);
    return (performance.now() - began) / 1000;
  };
  await once();
  const written = await bytesIn(folders.target);
  return {
    ...{ device, version: "", work: { bytes: written } },
    async turn(count) {
      const seconds: number[] = [];
      for (let i = 0; i < count; i++) seconds.push(await once());
      return seconds;
    },
    async parity() {
      const error = Math.abs((await bytesIn(folders.target)) / written - 1);
      return {
        agrees: error === 0,
        error,
        tolerance: 0,
        against: "the size of what it wrote first; its bytes are not read",
      };
    },
    residentBytes: () => null,
    close: () => rm(scratch, { recursive: true, force: true }),
  };
}

function run([program, ...args]: readonly [string, ...string[]]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-500);
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}: ${said}`)),
    );
  });
}

async function bytesIn(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".safetensors"));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, one) => sum + one, 0);
}
