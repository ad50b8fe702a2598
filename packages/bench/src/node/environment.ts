// The machine and versions of a result, and their hash.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import packageJson from "../../package.json" with { type: "json" };
import type { Environment } from "../result.js";

export function environmentOf(backends: Environment["backends"], energy: string | null, before: number): Environment {
  const stable = {
    ...{ cambium: packageJson.version, node: process.version, platform: `${process.platform}-${process.arch}` },
    ...{ cpu: cpus()[0]?.model.trim() ?? "unknown", cores: availableParallelism(), memory: totalmem() },
    ...{ governor: text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"), energy, backends },
  };
  const hash = createHash("sha256").update(JSON.stringify(stable)).digest("hex").slice(0, 16);
  return { ...stable, commit: commit(), date: new Date().toISOString(), load: [before, load()], hash };
}

/** The load average of the last minute. */
export function load(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

function text(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

/** The commit of the repository that contains this file; null for an installed package. */
function commit(): string | null {
  try {
    const args = ["-C", import.meta.dirname, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return null;
  }
}
