// A sweep's table as a journal for Optuna's dashboard: a study for each arm, a trial for each cell. The format is that
// of JournalStorage in Optuna 4; tools/golden/optuna_journal.py reads one back with Optuna.
import { quantitySuffixes } from "@cambium/train";
import type { SweepRow } from "./sweep-table.js";

/** JournalOperation. */
const operations = { createStudy: 0, createTrial: 4 };
/** StudyDirection and TrialState. */
const minimize = 1;
const states = { complete: 1, fail: 3 };
/** A trial needs a start time. A constant keeps the file independent of when the sweep ran. */
const never = "2000-01-01T00:00:00+00:00";

/** The journal, one operation per line. */
export function optunaJournal(name: string, rows: readonly SweepRow[]): string {
  const axes = axesOf(rows);
  const arms = [...new Set(rows.flatMap(({ arm }) => arm ?? []))];
  const studies = (arms.length === 0 ? [null] : arms).map((arm) => ({
    title: arm === null ? name : `${name} ${arm}`,
    rows: rows.filter((row) => row.arm === arm || row.arm === null),
  }));
  const lines = studies.flatMap(({ title, rows: own }, study) => [
    { op_code: operations.createStudy, worker_id: "cambium", study_name: title, directions: [minimize] },
    ...own.map((row) => trialOf(study, row, axes)),
  ]);
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function trialOf(study: number, { settings, cell, state, loss, ...facts }: SweepRow, axes: ReadonlyMap<string, Axis>) {
  const named = Object.entries(settings).flatMap(([path, text]) => {
    const axis = axes.get(path);
    return axis === undefined ? [] : [{ path, axis, internal: axis.internal(text) }];
  });
  const known = Object.entries({ cell, ...facts }).filter(([, value]) => value !== null);
  const complete = state === "done" && loss !== null;
  return {
    op_code: operations.createTrial,
    worker_id: "cambium",
    study_id: study,
    datetime_start: never,
    state: complete ? states.complete : states.fail,
    value: complete ? loss : null,
    values: null,
    datetime_complete: never,
    distributions: Object.fromEntries(named.map(({ path, axis }) => [path, JSON.stringify(axis.distribution)])),
    params: Object.fromEntries(named.map(({ path, internal }) => [path, internal])),
    user_attrs: Object.fromEntries(known),
    system_attrs: {},
    intermediate_values: {},
  };
}

interface Axis {
  readonly distribution: { readonly name: string; readonly attributes: object };
  /** A value as the journal stores it: a number as it is, a choice as its index. */
  readonly internal: (text: string) => number;
}

/** An axis whose values are all numbers is a numeric one, so that the dashboard draws it as such. */
function axesOf(rows: readonly SweepRow[]): Map<string, Axis> {
  const axes = new Map<string, Axis>();
  for (const path of Object.keys(rows[0]?.settings ?? {})) {
    const values = [...new Set(rows.flatMap(({ settings }) => settings[path] ?? []))];
    const numbers = values.map(numberOf);
    if (numbers.every(Number.isFinite)) {
      const sorted = numbers.toSorted((a, b) => a - b);
      const attributes = { step: null, low: sorted[0], high: sorted.at(-1), log: false };
      axes.set(path, { distribution: { name: "FloatDistribution", attributes }, internal: numberOf });
    } else {
      const distribution = { name: "CategoricalDistribution", attributes: { choices: values } };
      axes.set(path, { distribution, internal: (text) => values.indexOf(text) });
    }
  }
  return axes;
}

/** `0.5M` as 500000; NaN if the text is not a number. */
function numberOf(text: string): number {
  const [, digits, suffix = ""] = /^(-?[\d.]+(?:[eE][+-]?\d+)?)([kKMBGT]?)$/.exec(text.trim()) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * 10 ** (quantitySuffixes[suffix] as number);
}
