// A run of the benchmark: cases one after the other, each with a fresh process per contestant, which take turns.
import { CambiumError } from "@cambium/ir";
import type { BenchDocument, Failure, Row } from "../result.js";
import { schemaName } from "../result.js";
import { withShares } from "../shares.js";
import type { Case, Suite } from "../suite.js";
import { peaks } from "../suites/index.js";
import { failureOf, measureCase, type Pace } from "./case.js";
import type { Contestant } from "./contestants.js";
import { energyMeter } from "./energy.js";
import { environmentOf, load } from "./environment.js";
import { suites } from "./suites.js";

export interface BenchRequest {
  /** Names of suites; default all. */
  readonly suites?: readonly string[];
  readonly contestants: readonly Contestant[];
  /** Cambium itself, where a suite works on files. */
  readonly files: Contestant;
  readonly quick: boolean;
  /** Turns of each contestant; more are shorter. */
  readonly rounds?: number;
  /** What an earlier sitting measured: it is kept, and not measured again. */
  readonly earlier?: BenchDocument;
  readonly signal?: AbortSignal;
  /** Told before each case, and each time somebody's turn is over. */
  onProgress?(progress: BenchProgress): void;
  /** Told after each case, with everything measured so far. */
  onCase?(document: BenchDocument): Promise<void> | void;
}

export interface BenchProgress {
  readonly suite: string;
  readonly case: string;
  readonly contestant: string;
  /** Of the cases of all contestants: how many are over, one that is under way in part, and how many there are. */
  readonly done: number;
  readonly total: number;
}

const paces: Readonly<Record<"full" | "quick", Pace>> = {
  full: { rounds: 10, turnSeconds: 0.15, warmupSeconds: 0.7, mostSeconds: 3, fewestRounds: 3 },
  quick: { rounds: 3, turnSeconds: 0.15, warmupSeconds: 0.5, mostSeconds: 2, fewestRounds: 2 },
};

/** More rounds are shorter, so that a case takes as long, and neighbours in time stand closer together. */
function paceOf({ quick, rounds }: BenchRequest): Pace {
  const usual = paces[quick ? "quick" : "full"];
  if (rounds === undefined) return usual;
  const turnSeconds = Math.min(usual.turnSeconds, (usual.rounds * usual.turnSeconds) / rounds);
  return { ...usual, rounds, turnSeconds, fewestRounds: Math.min(rounds, 10), mostSeconds: 2 * usual.mostSeconds };
}

/** @returns everything measured; `complete` is false where `signal` ended it */
export async function runBench(request: BenchRequest): Promise<BenchDocument> {
  const { contestants, quick, earlier, signal } = request;
  const before = load();
  const meter = energyMeter();
  requireSame(earlier, quick);
  const rows: Row[] = [...(earlier?.rows ?? [])];
  const failures: Failure[] = [];
  const devices = new Map((earlier?.environment.backends ?? []).map((one) => [one.name, one]));
  const document = (complete: boolean): BenchDocument => ({
    schema: schemaName,
    environment: environmentOf([...devices.values()], meter?.name ?? null, before),
    rows: withShares(rows),
    ...{ failures, quick, complete },
  });
  const wanted = [...peaks, ...suites.filter(({ name, extra }) => request.suites?.includes(name) ?? !extra)];
  const cases = wanted.flatMap((suite) => suite.cases(quick).map((one): [Suite, Case] => [suite, one]));
  const pace = paceOf(request);
  const takingPart = (suite: Suite) => {
    const able = contestants.filter((one) => canDo(one, suite));
    return suite.on === "files" ? [request.files, ...able] : able;
  };
  const total = cases.reduce((sum, [suite]) => sum + takingPart(suite).length, 0);
  let done = 0;
  for (const [suite, one] of cases) {
    if (signal?.aborted) break;
    const measured = new Set(
      rows.filter((row) => row.suite === suite.name && row.case === one.name).map(({ backend }) => backend),
    );
    const left = takingPart(suite).filter(({ name }) => !measured.has(name));
    const place = { suite: suite.name, case: one.name };
    const found = await measureCase(suite, one, left, {
      pace,
      meter,
      ...(signal && { signal }),
      onTurn: (contestant, share) =>
        request.onProgress?.({ ...place, contestant, done: done + share * left.length, total }),
    });
    done += takingPart(suite).length;
    if (signal?.aborted) break;
    for (const { contestant, row, version, error } of found) {
      if (row) {
        rows.push(row);
        devices.set(contestant.name, { name: contestant.name, version, device: row.device });
      } else failures.push({ ...place, backend: contestant.name, ...failureOf(error) });
    }
    await request.onCase?.(document(false));
  }
  return document(!signal?.aborted);
}

/** A peer does the suites that it lists, a backend what has a device; in another precision than f32, what can be asked for in it. */
function canDo({ suites: listed, precision }: Contestant, suite: Suite): boolean {
  if (listed) return listed.includes(suite.name);
  return suite.on === "device" && (precision === "f32" || suite.inPrecisions === true);
}

/** An earlier sitting of this run, not of another one. @throws CambiumError `E_BENCH_FILE` */
function requireSame(earlier: BenchDocument | undefined, quick: boolean): void {
  if (!earlier) return;
  const was = earlier.environment;
  const now = environmentOf([], was.energy, 0);
  const facts = (one: BenchDocument["environment"], short: boolean) => ({
    ...{ cpu: one.cpu, cores: one.cores, node: one.node, cambium: one.cambium, commit: one.commit, quick: short },
  });
  const [before, today] = [Object.entries(facts(was, earlier.quick)), Object.values(facts(now, quick))];
  const reasons = before.flatMap(([where, value], i) =>
    value === today[i] ? [] : [{ where, message: "differs", expected: String(value), got: String(today[i]) }],
  );
  if (reasons.length === 0) return;
  throw new CambiumError("E_BENCH_FILE", "the rows kept so far are of another run", {
    reasons,
    hint: "another --out keeps both apart",
  });
}
