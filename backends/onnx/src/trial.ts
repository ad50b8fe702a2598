// Tries whether a bundled provider computes here, because ONNX Runtime lists it whatever drivers there are.
import type { ProbeResult } from "@cambium/backend";
import { CambiumError, f32, GraphBuilder, hostTensor, neg } from "@cambium/ir";
import { open } from "./open.js";
import { providers } from "./probe.js";

/** See `Backend.probe`. */
export async function probe(): Promise<readonly ProbeResult[]> {
  return Promise.all(
    (await providers()).map(async (found): Promise<ProbeResult> => {
      if (found.device === "cpu" || !found.available) return found;
      const reason = await failure(found.device);
      if (reason === undefined) return found;
      const { computes: _, ...rest } = found;
      const fix = "install a driver for it, or leave provider at cpu";
      return { ...rest, available: false, detail: `${rest.detail}, and does not run: ${reason}`, fix };
    }),
  );
}

/** Why the smallest graph does not run. */
async function failure(provider: string): Promise<string | undefined> {
  try {
    await using device = await open({ provider, threads: 1 });
    const builder = new GraphBuilder();
    builder.output("y", neg(builder.input("x", f32(2))));
    using executable = await device.compile(builder.finish());
    await (await executable.run({ x: hostTensor("f32", [2]) }, { fetch: ["y"] })).fetched;
    return undefined;
  } catch (error) {
    const got = error instanceof CambiumError ? error.details.got : undefined;
    return got ?? (error instanceof Error ? error.message.split("\n")[0] : String(error));
  }
}
