// The cases to measure, who takes part in each, and how long each takes relative to the others, for the time left.
import { CambiumError } from "@cambium/ir";
import type { Row } from "../result.js";
import { parametersOf, type StepConfig } from "../step-config.js";
import type { Case, Size, Suite } from "../suite.js";
import { peaks } from "../suites/index.js";
import type { Contestant } from "./contestants.js";
import { suites } from "./suites.js";

export interface Scheduled {
  readonly suite: Suite;
  readonly one: Case;
  readonly able: readonly Contestant[];
  /** Those that are not measured yet. */
  readonly left: readonly Contestant[];
  /** Time that a contestant takes, in units of the smallest case's. */
  readonly weight: number;
}

export interface Wanted {
  readonly contestants: readonly Contestant[];
  readonly files: Contestant;
  readonly quick: boolean;
  readonly suites?: readonly string[];
  readonly cases?: readonly string[];
}

/** @throws CambiumError `E_OPTION` if no case has one of the wanted words, or no contestant takes any */
export function scheduleOf({ contestants, files, quick, ...named }: Wanted, measured: readonly Row[]): Scheduled[] {
  const asked = suites.filter(({ name, extra }) => named.suites?.includes(name) ?? !extra);
  const all = asked.flatMap((suite) => suite.cases(quick).map((one) => ({ suite, one })));
  const chosen = all.filter(({ one }) => named.cases?.some((word) => one.name.includes(word)) ?? true);
  if (chosen.length === 0)
    throw new CambiumError("E_OPTION", "no case has one of these words in its name", {
      ...{ where: "--case", expected: all.map(({ one }) => one.name).join(", "), got: named.cases?.join(", ") ?? "" },
    });
  const first = peaks.flatMap((suite) => suite.cases(quick).map((one) => ({ suite, one })));
  const scheduled = [...first, ...chosen].map(({ suite, one }) => {
    const some = contestants.filter((contestant) => canDo(contestant, suite));
    const able = suite.on === "files" ? [files, ...some] : some;
    const known = measured.filter((row) => row.suite === suite.name && row.case === one.name);
    const left = able.filter(({ name }) => known.every(({ backend }) => backend !== name));
    return { suite, one, able, left, weight: weightOf(one.size) };
  });
  if (scheduled.slice(first.length).some(({ able }) => able.length > 0)) return scheduled;
  throw new CambiumError("E_OPTION", "nobody takes these suites", {
    where: "--suite",
    expected: "a backend, an engine or a peer that measures one of them",
    got: `${[...new Set(chosen.map(({ suite }) => suite.name))].join(", ")} by ${contestants.map(({ name }) => name).join(", ") || "none"}`,
  });
}

/** A peer runs the suites that it lists; a backend those on a device, in precisions other than f32 only some. */
function canDo({ suites: listed, precision, engine }: Contestant, suite: Suite): boolean {
  if (listed) return listed.includes(suite.name);
  if (engine) return suite.on === "device" && suite.onEngines === true;
  return suite.on === "device" && (precision === "f32" || suite.inPrecisions === true);
}

/**
 * A case of a small graph takes some 3 s: the process, warm-up and turns. To this a model adds the time to make, compile
 * and check it, by its parameters, and its runs, by their FLOPs (6 a parameter and token, Kaplan et al. 2020). The
 * factors fit the seconds that cases of `train` and `scale` took on two cores of 300 GFLOPS; on a faster machine the
 * large cases only get too large a share.
 */
export function weightOf(size: Size): number {
  const { m, n, k, layers, batch = 1, context = 1, steps = runs } = size;
  if (m && n && k) return 1 + runs * 2 * m * n * k * perFlop;
  if (!layers || !size["intermediate"]) return 1;
  const parameters = parametersOf({ ...size, batch, context } as unknown as StepConfig);
  const tokens = size["made"] ? size["made"] + (size["prompt"] ?? 0) : batch * context;
  return 1 + parameters * perParameter + Math.max(runs, steps) * 6 * parameters * tokens * perFlop;
}

/** Runs of a case in all its turns, if they are long. */
const runs = 8;
const perParameter = 3.3e-8;
const perFlop = 1.1e-12;
