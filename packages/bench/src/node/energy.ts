// Energy in joules, from Linux's powercap (RAPL), summed over processor packages.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const zones = "/sys/class/powercap";

export interface EnergyMeter {
  /** The meter's description, for the environment. */
  readonly name: string;
  /** Joules since the previous call. */
  lap(): number;
}

/** @returns null if the machine has no counters, or only root may read them */
export function energyMeter(folder = zones): EnergyMeter | null {
  try {
    const packages = readdirSync(folder)
      .filter((name) => /^intel-rapl:\d+$/.test(name))
      .map((name) => join(folder, name));
    if (packages.length === 0) return null;
    const ranges = packages.map((zone) => number(zone, "max_energy_range_uj"));
    let before = packages.map((zone) => number(zone, "energy_uj"));
    return {
      name: `RAPL, ${packages.length} package${packages.length === 1 ? "" : "s"}`,
      lap() {
        const now = packages.map((zone) => number(zone, "energy_uj"));
        const micro = now.map((joules, i) => {
          const spent = joules - (before[i] as number);
          // The counter wraps at its range.
          return spent < 0 ? spent + (ranges[i] as number) : spent;
        });
        before = now;
        return micro.reduce((sum, one) => sum + one, 0) / 1e6;
      },
    };
  } catch {
    return null;
  }
}

function number(zone: string, file: string): number {
  return Number(readFileSync(join(zone, file), "utf8"));
}
