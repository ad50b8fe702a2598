// The cases of a benchmark side by side, a column for each contestant and for each goal that is a ratio.
import { fastest, figure, ratioOver, ratioText } from "../../packages/bench/dist/index.js";

/**
 * @param document a result of `cambium bench`
 * @param goals see bars.mjs
 * @returns head and rows of a table; no rows if no goal is a ratio
 */
export function sideBySide({ rows }, goals) {
  const ratios = goals.filter(({ theirs }) => theirs !== undefined);
  const shown = ratios.length === 0 ? [] : rows.filter(({ suite }) => !suite.endsWith("-peak"));
  const contestants = [...new Set(shown.map(({ backend }) => backend))];
  const cases = [...new Set(shown.map((row) => row.case))];
  const head = [
    "case",
    ...contestants.map((name) => `${name}, ${unitOf(shown, name)}`),
    ...ratios.map(({ title }) => title),
  ];
  return {
    head,
    rows: cases.map((name) => {
      const own = shown.filter((row) => row.case === name);
      return [
        name,
        ...contestants.map((one) => cell(own.find(({ backend }) => backend === one))),
        ...ratios.map(({ ours, theirs }) => {
          const [first, second] = [fastest(own, ours), fastest(own, theirs)];
          return first && second ? ratioText(ratioOver(first, second)) : "–";
        }),
      ];
    }),
  };
}

function unitOf(rows, name) {
  return rows.find(({ backend }) => backend === name).unit;
}

function cell(row) {
  if (!row) return "–";
  const { median, interval, peakShare, parity } = row;
  const share = peakShare === null || peakShare === undefined ? "" : `, ${(100 * peakShare).toFixed(0)} %`;
  const counts = parity.agrees ? "" : ", does not count";
  return `${figure(median)} (${interval.map(figure).join("–")})${share}${counts}`;
}
