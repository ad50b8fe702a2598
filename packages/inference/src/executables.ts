// A cache of compiled graphs of static shape, owned by a scorer or a generator.
import type { CompileOptions, Device, Executable } from "@cambium/backend";
import type { Graph } from "@cambium/ir";

/** Executables by key, at most `kept`; beyond that the least recently used is freed. */
export class Executables {
  readonly #held = new Map<string, Executable>();

  constructor(
    private readonly device: Pick<Device, "compile">,
    private readonly options: CompileOptions = {},
    private readonly kept = 16,
  ) {}

  async get(key: string, graph: () => Graph): Promise<Executable> {
    const found = this.#held.get(key) ?? (await this.device.compile(graph(), this.options));
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
