// The machine a run happens on, for its manifest.
import { availableParallelism, cpus, totalmem } from "node:os";
import type { MachineInfo } from "../run-format.js";

export function machineInfo(): MachineInfo {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  };
}
