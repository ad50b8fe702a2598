// What a run looks like while it runs: a bar with loss, speed and time left on a terminal, plain lines without one.
import { styleText } from "node:util";
import type { RunObserver, StagePlan } from "@cambium/experiment";
import type { ArmPlan } from "@cambium/experiment";
import type { Reason } from "@cambium/ir";
import type { MetricsRow } from "@cambium/train";
import { SingleBar } from "cli-progress";
import { compact, duration } from "./format.js";

/** Without a terminal, a line at most this often, milliseconds. */
const plainEvery = 10_000;

export class ProgressDisplay implements RunObserver {
  readonly #terminal: boolean;
  #bar: SingleBar | undefined;
  #printed = Number.NEGATIVE_INFINITY;
  #heldOut: number | undefined;
  /** FLOPs of the stages not yet begun. */
  #ahead = new Map<string, number>();

  constructor(readonly stream: NodeJS.WriteStream) {
    this.#terminal = stream.isTTY === true;
  }

  onPlan(arms: readonly ArmPlan[]): void {
    for (const stage of new Set(arms.flatMap(({ stages }) => stages))) this.#ahead.set(stage.id, stage.flops);
  }

  onData({ phase, bytesDone, bytesTotal }: Parameters<NonNullable<RunObserver["onData"]>>[0]): void {
    if (this.#terminal && bytesTotal > 0) this.stream.write(`\r${phase === "hash" ? "Reading" : "Tokenizing"} ${Math.round((100 * bytesDone) / bytesTotal)} %\x1b[K`);
    if (this.#terminal && bytesDone === bytesTotal) this.stream.write("\r\x1b[K");
  }

  onDevice(description: string): void {
    this.note(`Computing on ${description}`);
  }

  onCached(stage: StagePlan): void {
    this.#ahead.delete(stage.id);
    this.note(`${title(stage)}: done before`);
  }

  onStage(stage: StagePlan, step: number): void {
    this.#heldOut = undefined;
    this.note(`${title(stage)}${step > 0 ? `, continuing after step ${step}` : ""}`);
    if (!this.#terminal) return;
    this.#bar = new SingleBar(
      { format: "  {bar} {percentage} % │ loss {loss} │ held-out {heldOut} │ {speed} tok/s │ {left} left", stream: this.stream, hideCursor: true, barsize: 24, barCompleteChar: "█", barIncompleteChar: "░", gracefulExit: false },
    );
    this.#bar.start(stage.tokens, 0, { loss: "–", heldOut: "–", speed: "–", left: "–" });
  }

  onGrowth(stage: StagePlan, seconds: number): void {
    if (stage.start.kind !== "growth") return;
    const { operator } = stage.start.growth;
    this.note(`Grown with ${operator.name} ${operator.version} to ${stage.config.layers} layers in ${seconds.toFixed(2)} s`);
  }

  onMetrics(stage: StagePlan, row: MetricsRow): void {
    this.#heldOut = row.heldOutLoss ?? this.#heldOut;
    const speed = row.flops / row.seconds;
    const left = (stage.flops * (1 - row.tokens / stage.tokens) + this.#flopsAhead(stage)) / speed;
    const shown = {
      loss: row.loss.toFixed(3),
      heldOut: this.#heldOut?.toFixed(3) ?? "–",
      speed: compact(row.tokens / row.seconds),
      left: duration(left),
    };
    if (this.#bar) this.#bar.update(Math.min(row.tokens, stage.tokens), shown);
    else if (performance.now() - this.#printed > plainEvery || row.tokens >= stage.tokens) {
      this.#printed = performance.now();
      const percent = Math.round((100 * row.tokens) / stage.tokens);
      this.stream.write(`  ${stage.name} ${percent} %  loss ${shown.loss}  held-out ${shown.heldOut}  ${shown.speed} tok/s  ${shown.left} left\n`);
    }
  }

  onRejectedSnapshot(stage: StagePlan, reasons: readonly Reason[]): void {
    for (const { where, message } of reasons) this.note(`${stage.name}: a snapshot was passed over: ${where ?? ""} ${message}`);
  }

  onStageDone(stage: StagePlan): void {
    this.stop();
    this.#ahead.delete(stage.id);
  }

  /** A line above the bar. */
  note(text: string): void {
    this.stop();
    this.stream.write(`${this.#terminal ? styleText("dim", text) : text}\n`);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #flopsAhead(current: StagePlan): number {
    let sum = 0;
    for (const [id, flops] of this.#ahead) if (id !== current.id) sum += flops;
    return sum;
  }
}

function title({ name, config, tokens }: StagePlan): string {
  return `${name}: ${config.layers} layers × ${config.hiddenSize}, ${compact(tokens)} tokens`;
}
