// The protocol of a peer in TypeScript: reads commands, one JSON line each, and answers them (README.md).
import { createInterface } from "node:readline";
import { type Case, type Engaged, type Parity, type Work, warmUp } from "@cambium/bench";

/** A case prepared by a peer. */
export interface PeerCase {
  readonly device: string;
  readonly version: string;
  readonly work: Work;
  /** Why the device is not what its name suggests. */
  readonly fallback?: string | undefined;
  /** What really runs, as far as it is known. */
  readonly engaged?: Partial<Engaged>;
  /** The first run is the sample: no warm-up. */
  readonly once?: boolean;
  /** Runs it `count` times. @returns seconds of each */
  turn(count: number): Promise<readonly number[]>;
  parity(): Promise<Parity>;
  /** Memory of the process that does the work, if it is another one; default: this process's. */
  residentBytes?(): number | null;
  /** Memory on the device, by the engine's own count. */
  deviceBytes?(): number | null;
  close?(): Promise<void>;
}

interface Command {
  readonly cmd: "prepare" | "turn" | "finish" | "exit";
  readonly suite: string;
  readonly case: Case;
  readonly warmupSeconds: number;
  readonly count: number;
}

export async function serve(prepare: (suite: string, one: Case) => Promise<PeerCase>): Promise<void> {
  let ready: PeerCase | undefined;
  const answer = process.stdout.write.bind(process.stdout);
  console.log = console.info = console.error;
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as Command;
    if (command.cmd === "exit") break;
    try {
      answer(`${JSON.stringify(await obey(command))}\n`);
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      answer(`${JSON.stringify({ error: { code: "E_PEER", message } })}\n`);
    }
  }
  await ready?.close?.();
  // Standard input stays open and would keep the process alive.
  process.exit(0);

  async function obey({ cmd, suite, case: one, warmupSeconds, count }: Command): Promise<object> {
    if (cmd === "prepare") {
      ready = await prepare(suite, one);
      return { ...(await warmedUp(ready, warmupSeconds)) };
    }
    if (!ready) throw new Error("nothing is prepared");
    if (cmd === "turn") return { seconds: await ready.turn(count) };
    const { residentBytes = () => process.resourceUsage().maxRSS * 1024, deviceBytes = () => null } = ready;
    return { residentBytes: residentBytes(), deviceBytes: deviceBytes(), parity: await ready.parity() };
  }
}

async function warmedUp(ready: PeerCase, mostSeconds: number): Promise<object> {
  const first = await ready.turn(1);
  const { secondsPerRun, ...warmup } = await warmUp(ready, first, ready.once ? 0 : mostSeconds);
  return {
    ...{ device: ready.device, version: ready.version, work: ready.work, first },
    ...{ fallback: ready.fallback ?? null, engaged: ready.engaged ?? {} },
    ...{ warmup, secondsPerRun },
  };
}
