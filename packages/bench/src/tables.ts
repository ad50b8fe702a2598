// What a benchmark of training steps found, as tables in Markdown, printed.
import { allowedBytes, type Measured } from "./measured.js";

export function printTables(results: readonly Measured[]): void {
  table(
    ["config", "peer", "peer tok/s", "Cambium tok/s", "ratio (middle half)", "GFLOPS", "of GEMM peak"],
    results.flatMap(({ config, duels }) =>
      duels.map((duel) => [
        config,
        duel.peer,
        duel.peerTokensPerSecond?.toFixed(0) ?? "–",
        duel.tokensPerSecond.toFixed(0),
        duel.ratio ? `${duel.ratio[1].toFixed(2)} (${duel.ratio[0].toFixed(2)}–${duel.ratio[2].toFixed(2)})` : "–",
        duel.gflops.toFixed(0),
        percent(duel.ofPeak, 0),
      ]),
    ),
  );
  table(
    ["config", "peak resident, MB", "allowed (1.25 × counted + 250)", "counted"],
    results.map(({ config, peakBytes, countedBytes }) => [
      config,
      mega(peakBytes),
      `${mega(allowedBytes(countedBytes))}${peakBytes > allowedBytes(countedBytes) ? ": broken" : ""}`,
      mega(countedBytes),
    ]),
  );
  const counted = results.flatMap(({ config, duels }) =>
    duels.flatMap(({ peer, tensorBytes }) => (tensorBytes ? [[config, peer, ...tensorBytes.map(mega)]] : [])),
  );
  if (counted.length > 0) table(["config", "peer", "peak of tensors, MB", "the peer's"], counted);
  const profiled = results.filter(({ profile }) => profile !== null);
  if (profiled.length === 0) return;
  table(
    ["config", "share of a step by op type"],
    profiled.map(({ config, profile }) => [
      config,
      (profile ?? []).flatMap(({ op, share }) => (share < 5e-4 ? [] : [`${op} ${percent(share, 1)}`])).join(", "),
    ]),
  );
}

/** First column left, figures right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`| ${head.join(" | ")} |`);
  console.log(`|${head.map((_, i) => (i === 0 ? "---" : "---:")).join("|")}|`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
  console.log();
}

function percent(share: number, digits: number): string {
  return `${(100 * share).toFixed(digits)} %`;
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
