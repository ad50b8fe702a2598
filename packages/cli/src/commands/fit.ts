// cambium fit: fits scaling laws, IsoFLOP grids, growth timing and compute multipliers to a table of runs.

import { CambiumError } from "@cambium/ir";
import {
  fitBudgets,
  fitEquation,
  fitPowerGroups,
  fitShares,
  fitSurface,
  type Irreducible,
  multiplierIntervals,
  multipliers,
} from "@cambium/scaling";
import { Command } from "commander";
import { bottomText, budgetText, equationText, powerText, surfaceText } from "../fit-view.js";
import { oneOf, realNumber, unfit, wholeNumber } from "../flags.js";
import { Pace } from "../pace.js";
import { type Condition, columnNames, readRunTable, type Wanted } from "../run-table.js";
import { StatusLine } from "../status-line.js";
import { print } from "../terminal.js";

const forms = ["power", "chinchilla", "isoflop", "timing"] as const;

interface Flags {
  readonly form: (typeof forms)[number];
  readonly x?: string;
  readonly y?: string;
  readonly group?: string;
  readonly where?: readonly Condition[];
  readonly e?: Irreducible;
  readonly scale?: number;
  readonly baseline?: string;
  readonly bootstrap?: number;
  readonly json?: boolean;
}

/** Huber's delta in ln L (Hoffmann et al. 2022). */
const delta = 1e-3;

export function fitCommand(): Command {
  return new Command("fit")
    .argument("<table>", "a CSV file with a header, or a sweep's directory")
    .option("--form <form>", `what to fit: ${forms.join(", ")}`, oneOf("--form", forms), "power")
    .option("--x <column>", "power: compute; chinchilla: N,D; isoflop: the choice; timing: share, or N,C,d")
    .option("--y <column>", "the loss (default: the column named like one)")
    .option("--group <column>", "one law for each value of it; isoflop: the budget in FLOPs")
    .option(
      "--where <column=value>",
      "only rows with this value, or one of several: arm=grown,scratch; repeatable",
      condition,
    )
    .option(
      "--e <floor>",
      "power: E is shared by all groups (default), free, zero, or group:NAME for that group's",
      floor,
    )
    .option("--scale <flops>", "power: C_ref, where L = E + A (default: 1)", realNumber("--scale", 0, true))
    .option("--baseline <name>", "power: compute multipliers of the other groups over this one")
    .option(
      "--bootstrap <n>",
      "bootstrap draws for the intervals; 0 for none (default: 400, fewer above 10,000 rows)",
      wholeNumber("--bootstrap"),
    )
    .option("--json", "print it as JSON, with residuals")
    .addHelpText("after", help)
    .action(run);
}

const help = `
Forms:
  power       L = E + A·(C / C_ref)^−γ for each group, by Huber loss on ln L
  chinchilla  L = E + A/N^α + B/D^β, by Huber loss on ln L, and by least squares with variable projection
  isoflop     for each budget a parabola over log10 of the choice; best choice = coefficient · C^exponent
  timing      loss as a parabola in the share of tokens after growth; with --x N,C,d the timing equation
              log10 d = a·log10 N + b / log10 C + c

With --json: {"form", "groups": {NAME: {"A", "gamma", "E", "interval": {…}, …}}, "multipliers": {NAME: [{"compute",
"value", "interval"}]}, "residuals", "warnings"}. A multiplier is the baseline's compute divided by the compute at which
the group reaches the same loss, with ln C interpolated between the two nearest runs; null outside the group's runs.

Examples:
  cambium fit runs.csv --x flops --y loss
  cambium fit runs.csv --group arm --e shared --scale 1e18 --baseline scratch
  cambium fit runs.csv --form chinchilla --x params,tokens --where arm=scratch
  cambium fit runs.csv --form isoflop --x params --group budget
  cambium fit runs.csv --form timing --x share --group size --json`;

async function run(path: string, flags: Flags): Promise<void> {
  const { form } = flags;
  const unused = (["e", "scale", "baseline"] as const).filter((name) => form !== "power" && flags[name] !== undefined);
  if (unused.length > 0)
    throw new CambiumError("E_OPTION", `${unused.map((name) => `--${name}`).join(", ")} with --form ${form}`, {
      expected: "--form power",
      got: form,
    });
  const x = xColumns(flags);
  const table = await readRunTable(path, {
    x,
    y: { name: flags.y, known: columnNames.loss, flag: "--y", what: "the loss" },
    group:
      flags.group === undefined && form !== "isoflop"
        ? undefined
        : { name: flags.group, known: columnNames.budget, flag: "--group", what: "the budget in FLOPs" },
    ...(flags.where && { where: flags.where }),
  });
  const { bootstrap = drawsFor(table.rows.length) } = flags;
  const status = new StatusLine(process.stderr);
  let pace = new Pace();
  let before = 0;
  const progress = (done: number) => {
    if (done < before) pace = new Pace();
    before = done;
    status.show(() => `Draw ${done} of ${bootstrap} of the bootstrap, ${pace.left(done, bootstrap)} for this group`);
  };
  try {
    const { data, text } = fit(table.rows, { ...flags, bootstrap }, x.length, progress);
    status.stop();
    const columns = { x: table.x, y: table.y, ...(table.group !== undefined && { group: table.group }) };
    const { pooled } = table;
    if (flags.json)
      return print(JSON.stringify({ form, columns, bootstrap, ...data, ...(pooled.length > 0 && { pooled }) }));
    print(text);
    if (pooled.length > 0) print(`Note: the arms ${pooled.join(", ")} are fitted together.`);
  } finally {
    status.stop();
  }
}

function fit(
  rows: Awaited<ReturnType<typeof readRunTable>>["rows"],
  { form, e = "shared", scale = 1, baseline, bootstrap }: Flags & { readonly bootstrap: number },
  variables: number,
  progress: (done: number) => void,
): { readonly data: object; readonly text: string } {
  if (form === "power") {
    // Refuses an unknown baseline before the fit, which can be long.
    if (baseline !== undefined) multipliers(rows, baseline);
    const found = fitPowerGroups(rows, { e, scale, delta, bootstrap, progress });
    const over = baseline === undefined ? undefined : multiplierIntervals(rows, found.residuals, baseline, bootstrap);
    const floor = typeof e === "string" ? e : `group:${e.group}`;
    return { data: { e: floor, scale, ...found, multipliers: over ?? {} }, text: powerText(found, over, scale) };
  }
  if (form === "chinchilla") {
    const found = fitSurface(rows, { delta, bootstrap, progress });
    return { data: found, text: surfaceText(found) };
  }
  if (form === "isoflop") {
    const found = fitBudgets(rows, bootstrap);
    return { data: found, text: budgetText(found) };
  }
  if (variables === 3) {
    const found = fitEquation(rows, bootstrap);
    const { coefficients, ...rest } = found.refit;
    return {
      data: { groups: { all: { ...coefficients, interval: found.interval } }, ...rest },
      text: equationText(found),
    };
  }
  const found = fitShares(rows, bootstrap);
  return { data: found, text: bottomText(found, "best share after growth") };
}

/** Draws of a fit that takes minutes at most; the more rows, the better each draw shows the tails. */
function drawsFor(rows: number): number {
  return Math.max(50, Math.min(400, Math.floor(4e6 / rows)));
}

/** @throws CambiumError `E_OPTION` for too few or too many names */
function xColumns({ form, x }: Flags): Wanted[] {
  const names = x?.split(",").map((name) => name.trim());
  const [N, C] = [
    { known: columnNames.parameters, what: "N, the parameters" },
    { known: columnNames.flops, what: "C, the compute in FLOPs" },
  ];
  const columns = {
    power: [C],
    chinchilla: [N, { known: columnNames.tokens, what: "D, the tokens" }],
    isoflop: [{ known: columnNames.parameters, what: "the choice, such as parameters" }],
    timing:
      names?.length === 3
        ? [N, C, { known: columnNames.base, what: "d, the tokens before growth" }]
        : [{ known: columnNames.share, what: "the share of tokens after growth" }],
  }[form];
  if (names !== undefined && names.length !== columns.length)
    throw unfit("--x", columns.length === 1 ? "one column" : `${columns.length} columns, separated by commas`, x ?? "");
  return columns.map((column, i) => ({ ...column, name: names?.[i], flag: "--x" }));
}

/** Parser of `--e`. @throws CambiumError `E_OPTION` */
function floor(text: string): Irreducible {
  if (text === "shared" || text === "free" || text === "zero") return text;
  const group = /^group:(.+)$/.exec(text)?.[1];
  if (group !== undefined) return { group };
  throw unfit("--e", "shared, free, zero or group:NAME", text);
}

/** Parser of `--where`, which adds to those before. @throws CambiumError `E_OPTION` */
function condition(text: string, before: readonly Condition[] = []): readonly Condition[] {
  const [, column = "", values = ""] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (column.trim() === "") throw unfit("--where", "COLUMN=VALUE, or COLUMN=VALUE,VALUE", text);
  return [...before, { column: column.trim(), values: values.split(",").map((value) => value.trim()) }];
}
