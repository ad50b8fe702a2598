// Which build of Cambium's own ops would run here: of these sources, for this CPU.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuFlags } from "./cpu.js";

/** The folder `native` of this package, whose code is in a folder of it, built or not. */
export function opsFolder(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, "native", "ops.cc")) && at !== dirname(at)) at = dirname(at);
  return join(at, "native");
}

let key: string | undefined;

/** Differs where the sources do, or the CPU's instructions. */
export function opsKey(): string {
  if (key !== undefined) return key;
  const hash = createHash("sha256").update([...cpuFlags()].sort().join(" "));
  const folder = opsFolder();
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  key = hash.digest("hex");
  return key;
}
