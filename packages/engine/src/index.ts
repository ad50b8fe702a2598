// The contract of engines, which train stages, and shared parts of engines that run other programs.
export * from "./checkpoint-files.js";
export { kubernetesObjects } from "./cluster/kubernetes.js";
export { type ClusterLaunch, type ClusterRequest, shellLine } from "./cluster/launch.js";
export { slurmScript } from "./cluster/slurm.js";
export { torchrunLaunch } from "./cluster/torchrun.js";
export * from "./contract.js";
export * from "./define.js";
export * from "./engine-process.js";
export { jobOutline, stepsOf, writeJobFiles } from "./job-files.js";
export { localAlone } from "./local-alone.js";
export { askPython } from "./python.js";
export { readOptions } from "./read-options.js";
export * from "./stage-data.js";
export { type EngineRow, StageFolder, savedFolder, startFolder, stepFolders } from "./stage-folder.js";
