// Whether the rows of a benchmark reach a goal: a verdict for each case.
import { fastest, ratioOver, ratioText } from "../../packages/bench/dist/index.js";

/** @typedef {{ goal: string, where: string, measured: string, verdict: "holds" | "open" | "missed" | "not measured" }} Verdict */

/**
 * @param document a result of `cambium bench`
 * @param goal see bars.mjs
 * @returns {Verdict[]} `open`: below the goal, but its interval reaches it
 */
export function verdictsOf(document, goal) {
  const kind = goal.agrees ? agreed : goal.cases ? related : goal.own !== undefined ? held : compared;
  const found = kind(document, goal);
  const failed = failuresOf(document, goal);
  return found.length + failed.length === 0 ? [verdict(goal, "", "no row", "not measured")] : [...found, ...failed];
}

/** What could not be measured of the goal's contestants, once for each of them and each reason. */
function failuresOf({ failures }, goal) {
  const contestants = goal.ours && [...goal.ours, ...(goal.theirs ?? [])];
  const groups = new Map();
  for (const { suite, case: name, backend, code } of failures) {
    if (contestants && !contestants.includes(backend)) continue;
    const key = `${backend}: ${code}`;
    groups.set(key, [...(groups.get(key) ?? []), `${suite} ${name}`]);
  }
  return [...groups].map(([key, cases]) => {
    const where = cases.length > 2 ? `${cases[0]} and ${cases.length - 1} more` : cases.join(", ");
    return verdict(goal, where, key, goal.agrees ? "missed" : "not measured");
  });
}

function verdict({ title, least, most }, where, measured, outcome) {
  const bound = least !== undefined ? `, at least ${least}` : most !== undefined ? `, at most ${most}` : "";
  return { goal: `${title}${bound}`, where, measured, verdict: outcome };
}

function unmeasured(goal, where, why) {
  return verdict(goal, where, why, "not measured");
}

function agreed({ rows }, goal) {
  return rows
    .filter(({ suite }) => !suite.endsWith("-peak"))
    .map(({ suite, case: name, backend, parity }) =>
      verdict(goal, `${suite} ${name}, ${backend}`, parity.against, parity.agrees ? "holds" : "missed"),
    );
}

function held({ rows }, goal) {
  return rows
    .filter(({ suite, backend }) => !suite.endsWith("-peak") && goal.ours.includes(backend))
    .map(({ case: name, backend, memory, work, parity }) => {
      const where = `${name}, ${backend}`;
      const allowed = 1.25 * work.bytes + goal.own;
      if (!parity.agrees) return unmeasured(goal, where, "the row does not count");
      if (memory.resident === null) return unmeasured(goal, where, "the row has no resident memory");
      if (!Number.isFinite(allowed)) return unmeasured(goal, where, "the row has no count of bytes");
      const [taken, most] = [memory.resident, allowed].map((bytes) => Math.round(bytes / 1e6));
      return verdict(goal, where, `${taken} of ${most} MB`, memory.resident <= allowed ? "holds" : "missed");
    });
}

function compared({ rows }, goal) {
  const cases = [...new Set(rows.filter(({ suite }) => !suite.endsWith("-peak")).map(({ case: name }) => name))];
  return cases.flatMap((name) => {
    const own = rows.filter((row) => row.case === name && !row.suite.endsWith("-peak"));
    const [ours, theirs] = [fastest(own, goal.ours), fastest(own, goal.theirs)];
    if (!ours || !theirs)
      return [unmeasured(goal, name, `no row of ${(ours ? goal.theirs : goal.ours).join(", ")} counts`)];
    const ratio = ratioOver(ours, theirs);
    const { value, interval } = ratio;
    const outcome = value >= goal.least ? "holds" : interval && interval[1] >= goal.least ? "open" : "missed";
    return [verdict(goal, `${name}, ${ours.backend} over ${theirs.backend}`, ratioText(ratio), outcome)];
  });
}

function related({ rows }, goal) {
  const [first, second] = goal.cases;
  return rows
    .filter(({ case: name }) => name.endsWith(` ${first}`))
    .flatMap((row) => {
      const other = rows.find((one) => one.backend === row.backend && one.case === row.case.replace(first, second));
      const uncounted = [row, other].find((one) => !one?.parity.agrees);
      if (!other || uncounted)
        return [unmeasured(goal, `${row.case}, ${row.backend}`, "a row is missing or does not count")];
      // The speed of the second over the first's is the seconds of the first over the second's.
      const ratio = ratioOver(other, row, false);
      const { value, interval } = ratio;
      const outcome = value <= goal.most ? "holds" : interval && interval[0] <= goal.most ? "open" : "missed";
      return [verdict(goal, `${row.case.replace(` ${first}`, "")}, ${row.backend}`, ratioText(ratio), outcome)];
    });
}
