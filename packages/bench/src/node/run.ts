// Runs the benchmark: one case after the other, with a fresh process per contestant, and contestants in turns.
import { CambiumError } from "@cambium/ir";
import { withRatios } from "../ratios.js";
import type { BenchDocument, Failure, Row } from "../result.js";
import { schemaName } from "../result.js";
import { withShares } from "../shares.js";
import { measureCase, type Pace } from "./case.js";
import type { Contestant } from "./contestants.js";
import { energyMeter } from "./energy.js";
import { environmentOf, load } from "./environment.js";
import { failureOf } from "./failure.js";
import { scheduleOf } from "./schedule.js";

export interface BenchRequest {
  /** Names of suites; default: all except the extra ones. */
  readonly suites?: readonly string[];
  readonly contestants: readonly Contestant[];
  /** Cambium itself, for suites on files. */
  readonly files: Contestant;
  readonly quick: boolean;
  /** Turns of each contestant; with more turns each is shorter. */
  readonly rounds?: number;
  /** Processes that a contestant's turns of a case are shared out to; default 1. */
  readonly processes?: number;
  /** Only cases whose name has one of these words; the peaks are measured all the same. */
  readonly cases?: readonly string[];
  /** Contestants whose fastest in a case the others' speeds are divided by; default: no ratios. */
  readonly over?: readonly string[];
  /** The result of an interrupted run: its rows are kept and not measured again. */
  readonly earlier?: BenchDocument;
  readonly signal?: AbortSignal;
  /** Called before each case, and after each turn. */
  onProgress?(progress: BenchProgress): void;
  /** Called after each case with everything measured so far. */
  onCase?(document: BenchDocument): Promise<void> | void;
}

export interface BenchProgress {
  readonly suite: string;
  readonly case: string;
  readonly contestant: string;
  /** Cases times contestants done, with a fraction for the current one, and their total. */
  readonly done: number;
  readonly total: number;
  /** Share of the time that is over, 0 to 1, with larger cases weighing more; what an earlier run measured is left out. */
  readonly share: number;
}

const paces: Readonly<Record<"full" | "quick", Pace>> = {
  full: { rounds: 10, turnSeconds: 0.15, warmupSeconds: 0.7, mostSeconds: 3, fewestRounds: 3, processes: 1 },
  quick: { rounds: 3, turnSeconds: 0.15, warmupSeconds: 0.5, mostSeconds: 2, fewestRounds: 2, processes: 1 },
};

/** Least turns in each of several processes. */
const turnsEach = 5;

/** More rounds are shorter, so that a case takes as long as before and contestants alternate faster. */
function paceOf({ quick, processes = 1, rounds: asked }: BenchRequest): Pace {
  const usual = { ...paces[quick ? "quick" : "full"], processes };
  const rounds = asked ?? (processes > 1 ? Math.max(usual.rounds, turnsEach * processes) : undefined);
  if (rounds === undefined) return usual;
  const turnSeconds = Math.min(usual.turnSeconds, (usual.rounds * usual.turnSeconds) / rounds);
  const fewestRounds = Math.min(rounds, Math.max(10, processes));
  return { ...usual, rounds, turnSeconds, fewestRounds, mostSeconds: 2 * usual.mostSeconds };
}

/** @returns everything measured; `complete` is false if `signal` ended the run */
export async function runBench(request: BenchRequest): Promise<BenchDocument> {
  const { quick, earlier, signal } = request;
  const before = load();
  const meter = energyMeter();
  requireSame(earlier, quick);
  const rows: Row[] = [...(earlier?.rows ?? [])];
  const failures: Failure[] = [];
  const devices = new Map((earlier?.environment.backends ?? []).map((one) => [one.name, one]));
  const document = (complete: boolean): BenchDocument => ({
    schema: schemaName,
    environment: environmentOf([...devices.values()], meter?.name ?? null, before),
    rows: withRatios(withShares(rows), request.over),
    ...{ failures, quick, complete },
  });
  const pace = paceOf(request);
  const schedule = scheduleOf(request, rows);
  const total = schedule.reduce((sum, { able }) => sum + able.length, 0);
  const work = schedule.reduce((sum, { left, weight }) => sum + left.length * weight, 0);
  let [done, spent] = [0, 0];
  for (const { suite, one, able, left, weight } of schedule) {
    if (signal?.aborted) break;
    const place = { suite: suite.name, case: one.name };
    const onTurn = (contestant: string, part: number) => {
      const share = (spent + part * left.length * weight) / work;
      request.onProgress?.({ ...place, contestant, done: done + part * left.length, total, share });
    };
    const found = await measureCase(suite, one, left, { pace, meter, ...(signal && { signal }), onTurn });
    done += able.length;
    spent += left.length * weight;
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

/** @throws CambiumError `E_BENCH_FILE` if the earlier result is from another machine, version or kind of run */
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
  throw new CambiumError("E_BENCH_FILE", "the kept rows are from another run", {
    reasons,
    hint: "use another --out",
  });
}
