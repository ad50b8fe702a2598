// What `cambium sweep` prints: its table, statistics over seeds, and its progress.

import { compact } from "@cambium/ir/figures";
import type { ArmPlan, PlannedStage, SweepCell } from "@cambium/recipe";
import type { RunObserver } from "@cambium/run";
import { drawTable } from "./draw-table.js";
import { signedPercent } from "./format.js";
import { Pace } from "./pace.js";
import { seedLines } from "./seed-view.js";
import { StatusLine } from "./status-line.js";
import type { SettingSeeds, SweepRow } from "./sweep-table.js";
import { visible } from "./terminal.js";

export function sweepText(rows: readonly SweepRow[], summaries: readonly SettingSeeds[]): string {
  const axes = Object.keys(rows[0]?.settings ?? {});
  const head = [...axes, "arm", "layers", "tokens", "FLOPs", "held-out loss", "speed-up"];
  const cells = rows.map(({ settings, arm, layers, tokens, flops, loss, speedup, error }) => [
    ...axes.map((axis) => settings[axis] ?? ""),
    arm ?? `failed: ${error ?? ""}`,
    layers ?? "–",
    tokens === null ? "–" : compact(tokens),
    flops === null ? "–" : compact(flops),
    loss?.toFixed(4) ?? "–",
    speedup === null ? "–" : signedPercent(speedup),
  ]);
  return [drawTable(head, cells), ...summaries.flatMap(settingLines)].join("\n");
}

function settingLines({ settings, ...seeds }: SettingSeeds): string[] {
  const where = Object.entries(settings).map(([path, value]) => `${path}=${value}`);
  return seedLines(seeds).map((line) => [...where, line].join(" "));
}

/** Progress over all cells: FLOPs done in distinct stages, of those planned or expected. */
export class SweepProgress {
  readonly #status: StatusLine;
  /** FLOPs by stage, of all cells planned so far. */
  readonly #planned = new Map<string, number>();
  readonly #done = new Map<string, number>();
  readonly #cells = new Set<SweepCell>();
  #ended = 0;
  #pace: Pace | undefined;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly count: number,
  ) {
    this.#status = new StatusLine(stream);
  }

  observer(cell: SweepCell): RunObserver {
    return {
      onPlan: (arms: readonly ArmPlan[]) => {
        this.#cells.add(cell);
        for (const { id, flops } of arms.flatMap(({ stages }) => stages)) this.#planned.set(id, flops);
      },
      onCached: ({ id, flops }: PlannedStage) => void this.#done.set(id, flops),
      onStage: () => {
        this.#pace ??= new Pace(this.#sum(this.#done));
      },
      onMetrics: (stage: PlannedStage, { tokens, loss }) => {
        this.#done.set(stage.id, (stage.flops * tokens) / stage.tokens);
        this.#status.show(() => {
          const share = Math.round((100 * tokens) / stage.tokens);
          return `${this.#left()} in total, cell ${Math.min(this.#ended + 1, this.count)} of ${this.count}: ${stage.stage.name} ${share} %, loss ${loss.toFixed(3)}, ${cell.name}`;
        });
      },
      onDeviceLost: (reason: string) => this.note(`${cell.name}: ${reason}; continuing from the last snapshot`),
    };
  }

  ended(cell: SweepCell, problem: string | undefined): void {
    this.#ended++;
    if (problem !== undefined) this.note(`${cell.name} failed: ${problem}`);
  }

  note(text: string): void {
    this.stop();
    this.stream.write(`${visible(text)}\n`);
  }

  stop(): void {
    this.#status.stop();
  }

  /** Time left at the pace so far; a cell not planned yet counts as the mean of those that are. */
  #left(): string {
    const expected = (this.#sum(this.#planned) / Math.max(1, this.#cells.size)) * this.count;
    return (this.#pace ?? new Pace()).left(this.#sum(this.#done), expected);
  }

  #sum(of: ReadonlyMap<string, number>): number {
    return [...of.values()].reduce((sum, flops) => sum + flops, 0);
  }
}
