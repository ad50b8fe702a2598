// The report of the bars: a table with a verdict for each goal and case, and how each was measured.
import { sideBySide } from "./side-by-side.mjs";
import { verdictsOf } from "./verdicts.mjs";

/**
 * The report, and how many verdicts are against the goals: missed, or not measured.
 * @param measured a `{ name, goals, missing, document, bench, there }` for each bar
 */
export function report(measured, quick) {
  const rows = measured.flatMap(({ name, goals, document }) =>
    goals.flatMap((goal) => verdictsOf(document, goal).map((verdict) => ({ name, ...verdict }))),
  );
  const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
  const { cpu, cores } = measured[0].document.environment;
  const lines = [
    `# The repository's own goals on ${cpu}, ${cores} cores`,
    "",
    `Made by \`node tools/bars.mjs\`: ${count("holds")} hold, ${count("open")} open, ${count("missed")} missed,`,
    `${count("not measured")} not measured. A ratio is of speeds, with its 95 % interval; open is below the goal with an interval`,
    "that reaches it. Below, each bar's cases side by side: the median with its 95 % interval, and the share of the peak.",
    ...(quick ? ["", "**A trial with the smallest cases: the verdicts say little.**"] : []),
    "",
    ...table(
      ["bar", "goal", "case", "measured", "verdict"],
      rows.map(({ name, goal, where, measured: found, verdict }) => [name, goal, where, found, verdict]),
    ),
    "",
    ...table(
      ["bar", "cambium bench", "when, and load before and after"],
      measured.map(({ name, bench, there, document: { environment } }) => [
        name,
        `\`${[...bench, ...(there.length > 0 ? ["--peer", there.join()] : [])].join(" ")}\``,
        `${environment.date.slice(0, 16).replace("T", " ")}, ${environment.load.join(" to ")}`,
      ]),
    ),
    ...measured.flatMap(({ name, goals, document }) => {
      const { head, rows } = sideBySide(document, goals);
      return rows.length === 0 ? [] : ["", `## ${name}`, "", ...table(head, rows)];
    }),
    ...measured.flatMap(({ name, missing }) => missing.map((line) => `\n${name}: left out is ${line}`)),
  ];
  return { text: lines.join("\n"), missed: count("missed") + count("not measured") };
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
