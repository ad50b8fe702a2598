// A compiled graph in the worker: its sessions, its scratch memory, and one run after another.
import { OpTimes, type ProfileEntry } from "@cambium/backend";
import type { OpenOptions } from "../options.js";
import type { Plan, PlannedSlot, SessionStep, Slot } from "../plan.js";
import type { Kernels } from "./kernels.js";

import { Session } from "./session.js";
import type { Block, FlatMemory } from "./storage.js";

export class WorkerExecutable {
  readonly #times = new OpTimes();

  private constructor(
    readonly plan: Plan,
    private readonly storage: FlatMemory,
    private readonly kernels: Kernels,
    private readonly fixed: ReadonlyMap<Slot, Block>,
    private readonly scratch: ReadonlyMap<Slot, Block>,
    private readonly sessions: ReadonlyMap<SessionStep, Session>,
  ) {}

  /** @param fixed the blocks of the plan's fixed inputs, which must outlive the executable */
  static async create(
    plan: Plan,
    options: OpenOptions,
    storage: FlatMemory,
    kernels: Kernels,
    fixed: ReadonlyMap<Slot, Block>,
  ): Promise<WorkerExecutable> {
    const sessions = new Map<SessionStep, Session>();
    const scratch = new Map<Slot, Block>();
    const executable = new WorkerExecutable(plan, storage, kernels, fixed, scratch, sessions);
    try {
      for (const step of plan.steps) {
        if (step.kind !== "session") continue;
        const packed = Object.entries(step.packed).map(([name, slot]) => [name, fixed.get(slot) as Block]);
        sessions.set(step, await Session.create(step, options, Object.fromEntries(packed)));
      }
      plan.slots.forEach(({ type, storage: { kind } }, slot) => {
        if (kind === "scratch") scratch.set(slot, storage.allocate(type));
      });
    } catch (error) {
      await executable.release();
      throw error;
    }
    return executable;
  }

  /**
   * Runs the plan. `bound` are the inputs' blocks by slot; those of consumed inputs now belong to the run.
   * @returns each output's block by name, owned by the caller.
   */
  async run(bound: ReadonlyMap<Slot, Block>): Promise<Map<string, Block>> {
    const { slots, outputs, steps } = this.plan;
    const blocks = new Map([...this.fixed, ...this.scratch, ...bound]);
    const mine = new Set<Block>(
      this.plan.inputs.filter(({ consumed }) => consumed).map(({ slot }) => bound.get(slot) as Block),
    );
    try {
      slots.forEach(({ type, storage }: PlannedSlot, slot) => {
        if (storage.kind === "inPlace") blocks.set(slot, blocks.get(storage.over) as Block);
        if (storage.kind !== "output") return;
        const block = this.storage.allocate(type);
        mine.add(block);
        blocks.set(slot, block);
      });
      const block = (slot: Slot) => blocks.get(slot) as Block;
      for (const step of steps) {
        if (step.kind === "session") await this.#session(step, block);
        else this.#timed("scatterAdd, clip, adamw", () => this.kernels.run(step.calls, block));
      }
      const results = new Map<string, Block>();
      for (const { name, slot, copy } of outputs) {
        const result = copy ? this.storage.store(block(slot).type, block(slot).data) : block(slot);
        if (copy) mine.add(result);
        results.set(name, result);
      }
      for (const result of results.values()) mine.delete(result);
      return results;
    } finally {
      // The blocks that the run owns and does not return: consumed inputs, and all its blocks if it failed.
      for (const block of mine) this.storage.free(block);
    }
  }

  async profile(): Promise<ProfileEntry[]> {
    for (const session of this.sessions.values()) await session.drainProfile(this.#times);
    return this.#times.entries();
  }

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
    for (const block of this.scratch.values()) this.storage.free(block);
  }

  async #session(step: SessionStep, block: (slot: Slot) => Block): Promise<void> {
    const views = (edges: Readonly<Record<string, Slot>>) =>
      Object.fromEntries(Object.entries(edges).map(([name, slot]) => [name, block(slot).tensor]));
    await this.sessions.get(step)?.run(views(step.feeds), views(step.fetches));
  }

  #timed(op: string, work: () => void): void {
    const start = performance.now();
    work();
    this.#times.add(op, (performance.now() - start) / 1000, "wasm");
  }
}
