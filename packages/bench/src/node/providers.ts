// Counts the kernels of a case by what ran them, such as ONNX Runtime's providers. Only a profile tells, and profiling
// costs time, so the case runs once more for it, on a device of its own.
import type { Backend, BackendOptions, Executable } from "@cambium/backend";
import type { Precision } from "@cambium/train";
import { watchCompiles } from "../engaged.js";
import type { Case, DeviceSuite } from "../suite.js";

/** @returns null if the backend has no profile, or one that does not tell what ran a kernel */
export async function providersOf(
  backend: Backend,
  options: BackendOptions,
  suite: DeviceSuite,
  one: Case,
  precision: Precision,
): Promise<Record<string, number> | null> {
  try {
    await using device = await backend.open({ ...options, profile: true });
    const executables: Executable[] = [];
    watchCompiles(device, (_, executable) => executables.push(executable));
    const prepared = await suite.prepare(one, device, precision);
    try {
      await prepared.turn(1);
      return await counted(executables);
    } finally {
      await prepared.dispose();
    }
  } catch (error) {
    // The row was measured without it. Standard error is kept for a process that dies.
    console.error(`no profile of ${suite.name} ${one.name}: ${error}`);
    return null;
  }
}

async function counted(executables: readonly Executable[]): Promise<Record<string, number> | null> {
  const counts: Record<string, number> = {};
  for (const executable of executables) {
    for (const { provider, count } of (await executable.profile()) ?? [])
      if (provider !== undefined) counts[provider] = (counts[provider] ?? 0) + count;
  }
  return Object.keys(counts).length === 0 ? null : counts;
}
