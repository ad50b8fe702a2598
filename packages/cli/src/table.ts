// The result of a run as a table and one sentence.
import { styleText } from "node:util";
import type { RunSummary } from "@cambium/report";
import Table from "cli-table3";
import { compact, duration } from "./format.js";

export function resultTable({ arms, comparison, why }: RunSummary): string {
  const table = new Table({
    head: ["arm", "layers", "parameters", "held-out loss", "FLOPs", "tokens", "time", "speed-up"],
    colAligns: ["left", "right", "right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const arm of arms) {
    table.push([
      arm.done ? arm.name : `${arm.name} (running)`,
      arm.layers,
      compact(arm.parameters),
      arm.finalHeldOutLoss?.toFixed(4) ?? "–",
      compact(arm.spent.flops),
      compact(arm.spent.tokens),
      duration(arm.spent.seconds),
      arm.speedup === null ? "–" : percent(arm.speedup),
    ]);
  }
  return `${table.toString()}\n${comparison ? styleText("bold", verdict(comparison)) : (why ?? "")}`;
}

function verdict({ grown, scratch, loss, speedup }: NonNullable<RunSummary["comparison"]>): string {
  const what = speedup >= 0 ? "Speed-up" : "Slow-down";
  return `${what} ${percent(speedup)} in FLOPs: ${grown} against ${scratch} at an equal held-out loss of ${loss.toFixed(4)} nats per token.`;
}

function percent(ratio: number): string {
  return `${ratio >= 0 ? "+" : "−"}${Math.abs(100 * ratio).toFixed(1)} %`;
}
