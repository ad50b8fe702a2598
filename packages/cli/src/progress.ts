// Progress of a run: on a terminal a bar with loss, speed and time left, elsewhere plain lines.

import { styleText } from "node:util";
import type { CambiumError, Reason } from "@cambium/ir";
import { compact, duration, layerCount } from "@cambium/ir/figures";
import { modelSizes } from "@cambium/model";
import type { ArmPlan, PlannedStage } from "@cambium/recipe";
import type { EarlierStage, RunObserver, Speed, Unmeasured } from "@cambium/run";
import type { MetricsRow, SwitchSeconds } from "@cambium/train";
import { SingleBar } from "cli-progress";
import { passedOver } from "./open-text.js";
import { Pace } from "./pace.js";
import { StatusLine } from "./status-line.js";
import { visible } from "./terminal.js";

/** Least milliseconds between two lines without a terminal. */
const plainEvery = 10_000;

/** Redraws per second: often enough to read, too seldom to flicker. */
const redraws = 5;

export class ProgressDisplay implements RunObserver {
  readonly #terminal: boolean;
  readonly #status: StatusLine;
  #bar: SingleBar | undefined;
  #printed = Number.NEGATIVE_INFINITY;
  #heldOut: number | undefined;
  /** Steps of this stage that this process skipped. */
  #skipped = 0;
  /** The stage's first row in this process, and when it came. */
  #pace: Pace | undefined;
  /** Set while the values that a growth needs are being found. */
  #finding: { readonly line: StatusLine; readonly pace: Pace } | undefined;
  /** FLOPs of the stages not yet done, by id. */
  readonly #ahead = new Map<string, number>();
  /** Ids of the finished stages. */
  readonly #done = new Set<string>();

  /** Seeds that remain after the current one. */
  #seedsAhead = 0;
  /** FLOPs of one seed's stages. */
  #planned = 0;

  constructor(readonly stream: NodeJS.WriteStream) {
    this.#terminal = stream.isTTY === true;
    this.#status = new StatusLine(stream);
  }

  /** Whether this process has trained anything. */
  get hasTrained(): boolean {
    return this.#pace !== undefined;
  }

  onSeed(seed: number, seeds: readonly number[]): void {
    const at = seeds.indexOf(seed);
    this.#seedsAhead = seeds.length - 1 - at;
    this.note(`Seed ${seed} (${at + 1} of ${seeds.length})`);
  }

  onPlan(arms: readonly ArmPlan[], done: ReadonlySet<string>): void {
    this.#ahead.clear();
    this.#planned = 0;
    for (const id of done) this.#done.add(id);
    for (const { id, flops } of new Map(
      arms.flatMap(({ stages }) => stages.map((stage) => [stage.id, stage])),
    ).values()) {
      this.#planned += flops;
      if (!this.#done.has(id)) this.#ahead.set(id, flops);
    }
  }

  onData({ phase, bytesDone, bytesTotal }: Parameters<NonNullable<RunObserver["onData"]>>[0]): void {
    if (!this.#terminal || bytesTotal === 0) return;
    const what = { hash: "Reading", tokenize: "Tokenizing", mix: "Mixing" }[phase];
    const line = bytesDone < bytesTotal ? `${what} ${Math.round((100 * bytesDone) / bytesTotal)} %` : "";
    this.stream.write(`\r${line}\x1b[K`);
  }

  onPassedOver(corpus: string, names: readonly string[]): void {
    this.note(passedOver(corpus, names));
  }

  onDevice(description: string): void {
    this.note(`Computing on ${description}`);
  }

  onDeviceLost(reason: string): void {
    this.note(`${reason}; continuing from the last snapshot on a new device`);
  }

  onCached(stage: PlannedStage): void {
    this.#finish(stage);
    this.note(`${title(stage)}: done before`);
  }

  onChanged({ stage }: PlannedStage, { id, differences, shorter }: EarlierStage): void {
    if (shorter) {
      this.note(`${stage.name}: continues ${id}, which ended after ${String(differences[0]?.was)} tokens`);
      return;
    }
    if (differences.length === 0) {
      this.note(`${stage.name}: starts over, because this version of Cambium gives it other bits than ${id} has`);
      return;
    }
    const shown = differences.slice(0, 3).map(({ path, was, is }) => `${path} (${brief(was)} → ${brief(is)})`);
    const more = differences.length > 3 ? ` and ${differences.length - 3} more` : "";
    this.note(`${stage.name}: starts over, because it differs from ${id} in ${shown.join(", ")}${more}`);
    const advice = adviceOn(differences);
    if (advice !== undefined) this.note(`  ${advice}`);
  }

  onStage(stage: PlannedStage, step: number): void {
    this.#heldOut = undefined;
    this.#skipped = 0;
    this.#pace = undefined;
    this.note(`${title(stage)}${step > 0 ? `, continuing after step ${step}` : ""}`);
    if (!this.#terminal) return;
    this.#bar = new SingleBar({
      // The bar comes last, so that a narrow terminal cuts off only the bar.
      format:
        "  {speed} tok/s │ {left} left of the run │ loss {loss} │ held-out {heldOut}{skipped} │ {percentage} % {bar}",
      stream: this.stream,
      hideCursor: true,
      barsize: 24,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      gracefulExit: false,
      autopadding: true,
      fps: redraws,
    });
    // The cursor must be shown again however the process ends.
    process.once("exit", this.#restore);
    this.#bar.start(stage.tokens, 0, { loss: "–", heldOut: "–", speed: "–", left: "–", skipped: "" });
  }

  onMeasured(backend: string): void {
    this.note(`measuring ${backend} …`);
  }

  onBackend(backend: string, measured: readonly (Speed | Unmeasured)[]): void {
    const speeds = measured.flatMap((one) =>
      "reason" in one ? [] : [`${one.backend} ${compact(one.tokensPerSecond)} tok/s`],
    );
    this.note(
      `backend: ${backend}, ${speeds.length > 0 ? `the fastest here (${speeds.join(", ")})` : "chosen when the run began"}`,
    );
  }

  onRecomputed({ stage: { memory = 0 } }: PlannedStage, share: number): void {
    this.note(`  activations are recomputed to fit into ${compact(memory)}B: ${(100 * share).toFixed(0)} % more work`);
  }

  onFind({ stage: { start } }: PlannedStage, done: number, total: number): void {
    if (start.kind !== "growth") return;
    this.#finding ??= { line: new StatusLine(this.stream), pace: new Pace() };
    const { line, pace } = this.#finding;
    line.show(() => {
      const percent = Math.floor((100 * done) / total);
      return `Finding what ${start.plan.operator.name} needs ${percent} %  ${pace.left(done, total)}`;
    });
  }

  onGrowth({ stage: { start, model } }: PlannedStage, cost: SwitchSeconds): void {
    if (start.kind !== "growth") return;
    const { operator } = start.plan;
    const how = `${operator.name} ${operator.version}`;
    const parts = `state down ${seconds(cost.download)}, plan ${seconds(cost.plan)}, state up ${seconds(cost.upload)}`;
    const compiled = `compiled ${cost.compiledAhead ? "ahead " : ""}in ${seconds(cost.compile)}`;
    this.note(`Grown with ${how} to ${layerCount(modelSizes(model).layers)}: ${parts}; ${compiled}`);
  }

  onMetrics(stage: PlannedStage, row: MetricsRow): void {
    this.#pace ??= new Pace(row.flops);
    this.#heldOut = row.heldOutLoss ?? this.#heldOut;
    if (row.skipped) this.#skipped += 1;
    const shown = {
      loss: row.loss.toFixed(3),
      heldOut: this.#heldOut?.toFixed(3) ?? "–",
      speed: compact(row.tokens / row.seconds),
      left: duration(this.#secondsLeft(stage, row)),
      // Only in mixed precision: see `MetricsRow.skipped`.
      skipped: this.#skipped === 0 ? "" : ` │ ${this.#skipped} skipped`,
    };
    const done = Math.min(row.tokens, stage.tokens);
    if (this.#bar) this.#bar.update(done, { ...shown, speed: shown.speed.padStart(5) });
    else if (!this.#terminal && (performance.now() - this.#printed > plainEvery || row.tokens >= stage.tokens)) {
      this.#printed = performance.now();
      const percent = Math.round((100 * row.tokens) / stage.tokens);
      const { loss, heldOut, speed, left, skipped } = shown;
      const figures = `loss ${loss}  held-out ${heldOut}  ${speed} tok/s  ${left} left of the run${skipped.replace(" │", " ")}`;
      this.stream.write(`${visible(`  ${stage.stage.name} ${percent} %  ${figures}`)}\n`);
    }
  }

  onProbe(...[{ stage }, probe]: Parameters<NonNullable<RunObserver["onProbe"]>>): void {
    const { tokens, loss, predicted, grew } = probe;
    const figures = `held-out ${loss.toFixed(3)} grown, ${predicted.toFixed(3)} predicted without`;
    this.note(
      `${stage.name} after ${compact(tokens)} tokens: ${figures}: ${grew ? "it grows" : "back to the snapshot"}`,
    );
  }

  onLostModel({ stage }: PlannedStage, reason: CambiumError): void {
    this.note(`${stage.name}: its final model is made again: ${reason.summary}`);
  }

  onRejectedSnapshot({ stage }: PlannedStage, reasons: readonly Reason[]): void {
    for (const { where, message } of reasons) {
      this.note(`${stage.name}: a snapshot was rejected: ${where ?? ""} ${message}`);
    }
  }

  onStageDone(...[stage, slope]: Parameters<NonNullable<RunObserver["onStageDone"]>>): void {
    this.stop();
    this.#finish(stage);
    const { name, until } = stage.stage;
    if (slope) {
      const figures = `slope of the held-out loss ${slope.slope.toPrecision(3)}, threshold ${slope.threshold}`;
      this.note(
        `${name} ends: ${figures}: ${slope.reached ? "flat enough" : "not flat enough, but at the latest time"}`,
      );
    }
    if (stage.open && until.kind === "probe")
      this.note(`${name} ends: no growth that was tried paid off: it grows at the latest time`);
  }

  onEvaluation(
    { stage }: PlannedStage,
    { task, done, total, secondsLeft }: Parameters<NonNullable<RunObserver["onEvaluation"]>>[1],
  ): void {
    const percent = Math.floor((100 * done) / total);
    this.#status.show(() => `Evaluating ${stage.name}: ${task} ${percent} %  ${duration(secondsLeft)} left`);
    if (done === total) this.#status.stop();
  }

  #finish({ id }: PlannedStage): void {
    this.#ahead.delete(id);
    this.#done.add(id);
  }

  /** Prints a line of its own; the current bar stays on the screen as it is and ends. */
  note(text: string): void {
    this.stop();
    this.stream.write(`${this.#terminal ? styleText("dim", visible(text)) : visible(text)}\n`);
  }

  stop(): void {
    this.#finding?.line.stop();
    this.#finding = undefined;
    this.#bar?.stop();
    this.#bar = undefined;
    process.off("exit", this.#restore);
  }

  readonly #restore = (): void => {
    this.stream.write("\x1b[?25h");
  };

  /** Seconds left of the whole run, at the pace of this stage so far, including its evaluations and snapshots. */
  #secondsLeft(stage: PlannedStage, row: MetricsRow): number {
    const pace = this.#pace?.perSecond(row.flops) || row.flops / row.seconds;
    let left = stage.flops * (1 - row.tokens / stage.tokens) + this.#seedsAhead * this.#planned;
    for (const [id, flops] of this.#ahead) if (id !== stage.id) left += flops;
    return left / pace;
  }
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "none";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** The flag or recipe field that would continue the earlier stage, if there is one. */
function adviceOn(differences: EarlierStage["differences"]): string | undefined {
  const was = (path: string) => differences.find((difference) => difference.path === path)?.was;
  const device = was("device");
  const engine = differences.find(({ path }) => /^engine(\.|$)/.test(path));
  if (engine) {
    const like = engine.path === "engine" && engine.was === undefined ? "without an engine" : "with the engine it had";
    return `To continue that one: ${like}${typeof device === "string" ? `, on ${device}` : ""}`;
  }
  if (typeof device === "string") return `To continue that one: --backend ${device.split(" ")[0]}, on ${device}`;
  const [every, tokens] = [was("evaluation.every"), was("evaluation.tokens")];
  const rest = differences.filter(({ path }) => !path.startsWith("evaluation.") && path !== "until.tokens");
  if (rest.some(({ path }) => path === "schedule.total"))
    return "The schedule depends on train.tokens; with schedule: constant more tokens would continue the earlier stage";
  if (rest.length > 0 || (every === undefined && tokens === undefined)) return undefined;
  const fields = [every !== undefined && `every: ${every}`, tokens !== undefined && `tokens: ${tokens}`].filter(
    Boolean,
  );
  return `To continue that one: evaluate: { ${fields.join(", ")} }`;
}

function seconds(value: number): string {
  return value < 1 ? `${Math.round(1000 * value)} ms` : `${value.toFixed(1)} s`;
}

function title({ stage: { name, model }, tokens, open }: PlannedStage): string {
  const { layers, hidden } = modelSizes(model);
  return `${name}: ${layerCount(layers)} × ${hidden}, ${open ? "at most " : ""}${compact(tokens)} tokens`;
}
