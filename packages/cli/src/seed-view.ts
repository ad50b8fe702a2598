// The statistics over several seeds, as lines of text.
import type { SeedSummary } from "@cambium/report";
import { intervalText, type PairedDifference, type SeedStatistics, statisticsText } from "@cambium/scaling";
import { signedPercent } from "./format.js";

/** One line per arm, and one per pair of grown arms. ± is the deviation between seeds, brackets the 95 % interval. */
export function seedLines({ arms, differences }: SeedSummary): string[] {
  const own = arms.map(({ arm, loss, speedup, overScratch }) => {
    const parts = [`held-out loss ${counted(loss, (value) => value.toFixed(4))}`];
    if (speedup) parts.push(`speed-up ${speedupOf(speedup)}`);
    if (overScratch) parts.push(`against scratch ${differenceOf(overScratch)}`);
    return `${arm}: ${parts.join("; ")}`;
  });
  return [...own, ...differences.map(({ first, second, ...one }) => `${first} and ${second}: ${differenceOf(one)}`)];
}

/** `+21.3 % ± 9.5 [−2.4, +45.0] (3 seeds)`. */
export function speedupOf(speedup: SeedStatistics): string {
  const points = (ratio: number) => signedPercent(ratio).replace(" %", "");
  return counted(speedup, signedPercent, (ratio) => (100 * ratio).toFixed(1), points);
}

function counted(
  statistics: SeedStatistics,
  ...prints: [print: (value: number) => string, ...((value: number) => string)[]]
): string {
  const { count } = statistics;
  return `${statisticsText(statistics, ...prints)} (${count} ${count === 1 ? "seed" : "seeds"})`;
}

function differenceOf({ mean, interval, differs }: PairedDifference): string {
  const loss = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;
  const figures = `${loss(mean)}${intervalText(interval, loss)} nats, paired by seed`;
  if (differs === null) return `${figures}: one seed, no error bar`;
  return `${figures}: ${differs ? "a" : "no"} difference at 5 %`;
}
