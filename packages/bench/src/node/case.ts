// Measures one case: its contestants are prepared one after the other, take turns, A B A B, and then report memory and
// parity.
import { machineProbe } from "../machine-probe.js";
import type { Row } from "../result.js";
import { rowOf } from "../row.js";
import type { Case, Suite } from "../suite.js";
import { ContestantProcess } from "./contestant-process.js";
import type { Contestant } from "./contestants.js";
import type { EnergyMeter } from "./energy.js";
import type { Finished, Ready, Turn } from "./protocol.js";

export interface Pace {
  /** Turns of each contestant. */
  readonly rounds: number;
  /** Duration of a turn of many short runs. */
  readonly turnSeconds: number;
  readonly warmupSeconds: number;
  /** A contestant with long runs gets fewer turns, so that all its turns together take about this long. */
  readonly mostSeconds: number;
  readonly fewestRounds: number;
  /** The turns of a contestant are shared out to this many processes, one after the other. */
  readonly processes: number;
}

export interface CaseOptions {
  readonly pace: Pace;
  readonly meter: EnergyMeter | null;
  readonly signal?: AbortSignal;
  /** @param share the share of the case that is done */
  onTurn(contestant: string, share: number): void;
}

/** A contestant's row, or why there is none. */
export interface Outcome {
  readonly contestant: Contestant;
  readonly version: string;
  readonly row?: Row;
  readonly error?: unknown;
}

interface Entrant {
  readonly contestant: Contestant;
  process: ContestantProcess;
  /** Turns in each of its processes so far. */
  readonly processes: number[];
  readonly turns: (readonly number[])[];
  readonly machine: number[];
  /** Seconds of processor time of a run, for each turn that tells. */
  readonly processor: number[];
  joules: number;
  /** Share of the case done when its turn started. */
  share: number;
  rounds: number;
  ready?: Ready;
  error?: unknown;
}

export async function measureCase(
  suite: Suite,
  one: Case,
  contestants: readonly Contestant[],
  options: CaseOptions,
): Promise<readonly Outcome[]> {
  const entrants = contestants.map((contestant): Entrant => {
    return {
      contestant,
      process: start(contestant),
      processes: [],
      turns: [],
      machine: [],
      processor: [],
      joules: 0,
      share: 0,
      rounds: options.pace.rounds,
    };
  });
  const { signal } = options;
  const kill = () => {
    for (const { process } of entrants) process.kill();
  };
  signal?.addEventListener("abort", kill);
  try {
    for (const entrant of entrants) await attempt(entrant, () => prepare(suite, one, entrant, options));
    for (let round = 0; round < options.pace.rounds; round++) {
      for (const [i, entrant] of entrants.entries()) {
        const rounds = entrants.reduce((most, one) => Math.max(most, one.rounds), 1);
        entrant.share = (round + i / entrants.length) / rounds;
        if (round < entrant.rounds) await attempt(entrant, () => turn(suite, one, entrant, round, options));
      }
    }
    const outcomes: Outcome[] = [];
    for (const entrant of entrants) outcomes.push(await finish(suite, one, entrant));
    return outcomes;
  } finally {
    signal?.removeEventListener("abort", kill);
    await Promise.all(entrants.map(({ process }) => process.close()));
  }
}

function start({ name, command: [program, ...args], project }: Contestant): ContestantProcess {
  return new ContestantProcess(name, program, args, project);
}

async function prepare(suite: Suite, one: Case, entrant: Entrant, { pace, meter, onTurn }: CaseOptions): Promise<void> {
  const { name, backend, engine, options, precision, project } = entrant.contestant;
  onTurn(name, entrant.share);
  meter?.lap();
  const ready = await entrant.process.ask<Ready>({
    ...{ cmd: "prepare", suite: suite.name, case: one, backend, options, precision, project },
    ...(engine && { engine }),
    warmupSeconds: pace.warmupSeconds,
  });
  // Starting an engine is not part of its samples.
  if (suite.fresh && !engine) entrant.joules += meter?.lap() ?? 0;
  entrant.ready = ready;
  entrant.processes.push(0);
  // The first process decides, so that all contestants' turns are shared out to processes alike.
  if (entrant.processes.length > 1) return;
  const long = Math.max(pace.turnSeconds, ready.secondsPerRun);
  const rounds = Math.max(pace.fewestRounds, Math.min(pace.rounds, Math.floor(pace.mostSeconds / long)));
  // If a single run takes longer than all turns should, two turns are enough.
  const fewest = ready.secondsPerRun > pace.mostSeconds ? 2 : rounds;
  entrant.rounds = isFresh(suite, entrant) ? pace.fewestRounds : fewest;
}

async function turn(suite: Suite, one: Case, entrant: Entrant, round: number, options: CaseOptions): Promise<void> {
  const { pace, meter, onTurn } = options;
  onTurn(entrant.contestant.name, entrant.share);
  const processes = isFresh(suite, entrant) ? entrant.rounds : Math.min(pace.processes, entrant.rounds);
  // The first process exists already.
  if (Math.floor((round * processes) / entrant.rounds) >= entrant.processes.length) {
    await entrant.process.close();
    entrant.process = start(entrant.contestant);
    await prepare(suite, one, entrant, options);
  }
  entrant.machine.push(machineProbe());
  entrant.processes[entrant.processes.length - 1] = (entrant.processes.at(-1) as number) + 1;
  if (isFresh(suite, entrant)) {
    entrant.turns.push(entrant.ready?.first ?? []);
    return;
  }
  const each = entrant.ready?.secondsPerRun ?? 1;
  const count = Math.max(1, Math.min(50, Math.floor(pace.turnSeconds / each)));
  meter?.lap();
  const { seconds, processor } = await entrant.process.ask<Turn>({ cmd: "turn", count });
  entrant.joules += meter?.lap() ?? 0;
  entrant.turns.push(seconds);
  if (processor !== undefined) entrant.processor.push(processor);
}

/** Whether each process measures once, when it is prepared. */
function isFresh(suite: Suite, { contestant }: Entrant): boolean {
  return suite.fresh === true || contestant.engine === true;
}

async function finish(suite: Suite, one: Case, entrant: Entrant): Promise<Outcome> {
  const { contestant, processes, turns, machine, processor, joules } = entrant;
  let finished: Finished | undefined;
  await attempt(entrant, async () => {
    finished = await entrant.process.ask<Finished>({ cmd: "finish" });
  });
  const { ready, error } = entrant;
  if (!ready || !finished) return { contestant, version: "", error };
  return {
    contestant,
    version: ready.version,
    row: rowOf(suite, one, contestant.name, { ...ready, ...finished, processes, turns, machine, processor, joules }),
  };
}

/** A contestant that fails drops out of the case; the others continue. */
async function attempt(entrant: Entrant, work: () => Promise<void>): Promise<void> {
  if (entrant.error !== undefined) return;
  try {
    await work();
  } catch (error) {
    entrant.error = error;
  }
}
