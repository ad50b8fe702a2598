// Graphs of static shape compiled as they are needed, and kept for as long as their owner.
import type { Device, Executable } from "@cambium/backend";
import type { Graph } from "@cambium/ir";

/** Executables by key; past `kept` of them the one that was used longest ago is freed. */
export class Executables {
  readonly #held = new Map<string, Executable>();

  constructor(
    private readonly device: Pick<Device, "compile">,
    private readonly kept = 16,
  ) {}

  async get(key: string, graph: () => Graph): Promise<Executable> {
    const found = this.#held.get(key) ?? (await this.device.compile(graph()));
    this.#held.delete(key);
    this.#held.set(key, found);
    const [oldest] = this.#held;
    if (this.#held.size > this.kept && oldest) {
      this.#held.delete(oldest[0]);
      oldest[1].dispose();
    }
    return found;
  }

  dispose(): void {
    for (const executable of this.#held.values()) executable.dispose();
    this.#held.clear();
  }
}
