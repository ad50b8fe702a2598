// One configuration of training steps: memory first, then rounds in which contestants take turns, then a profile.
import type { Backend, BackendOptions } from "@cambium/backend";
import type { Precision } from "@cambium/train";
import { CambiumContestant } from "../cambium.js";
import type { Contestant } from "../contestant.js";
import type { Duel, Measured } from "../measured.js";
import { median, quantile } from "../statistics.js";
import type { StepConfig } from "../step-config.js";

export interface MeasureOptions {
  /** Most bytes of tensors in this process so far, by the engine's count; given when the peer's count compares. */
  readonly ownPeak?: (() => number) | undefined;
  readonly backendOptions: BackendOptions;
  readonly precision: Precision;
  readonly rounds: number;
  /** Steps of a contestant's turn. */
  readonly steps: number;
  readonly profile: boolean;
  /** Called after each round, with the ratio so far where there is a peer. */
  readonly progress: (peer: string, round: number, ratio: number | undefined) => void;
}

export async function measure(
  name: string,
  config: StepConfig,
  backend: Backend,
  peers: readonly (() => Contestant)[],
  options: MeasureOptions,
): Promise<Measured> {
  const own = new CambiumContestant(backend, options.backendOptions, options.precision);
  await own.setup(config);
  await own.steps(options.steps);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const duels: Duel[] = [];
  for (const make of peers.length > 0 ? peers : [undefined]) duels.push(await duel(config, own, make?.(), options));
  const { countedBytes } = own;
  await own.close();
  return {
    config: name,
    duels,
    peakBytes,
    countedBytes,
    profile: options.profile ? await profileOf(config, backend, options) : null,
  };
}

async function duel(
  config: StepConfig,
  own: CambiumContestant,
  peer: Contestant | undefined,
  { ownPeak, rounds, steps, progress }: MeasureOptions,
): Promise<Duel> {
  await peer?.setup(config);
  const mine: number[] = [];
  const theirs: number[] = [];
  const ratios: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = (await peer?.steps(steps)) ?? [];
    const middle = await own.steps(steps);
    const after = (await peer?.steps(steps)) ?? [];
    peaks.push(await own.gemm(2048, 1024, 1024));
    mine.push(...middle);
    theirs.push(...before, ...after);
    if (peer) ratios.push(median([...before, ...after]) / median(middle));
    progress(peer?.name ?? "", round + 1, peer && median(ratios));
  }
  const tensorBytes = ownPeak && peer?.peakBytes ? ([ownPeak(), await peer.peakBytes()] as const) : null;
  await peer?.close();
  const tokens = config.batch * config.time;
  const gflops = own.flopsPerStep / median(mine) / 1e9;
  return {
    peer: peer?.name ?? "–",
    tokensPerSecond: tokens / median(mine),
    peerTokensPerSecond: peer ? tokens / median(theirs) : null,
    ratio: peer ? [quantile(ratios, 0.25), median(ratios), quantile(ratios, 0.75)] : null,
    gflops,
    ofPeak: gflops / median(peaks),
    tensorBytes,
  };
}

/** By a device of its own, since profiling slows it. */
async function profileOf(
  config: StepConfig,
  backend: Backend,
  { backendOptions, precision }: MeasureOptions,
): Promise<Measured["profile"]> {
  const own = new CambiumContestant(backend, { ...backendOptions, profile: true }, precision);
  await own.setup(config);
  await own.steps(8);
  const entries = (await own.profile()) ?? [];
  await own.close();
  const total = entries.reduce((sum, { seconds }) => sum + seconds, 0);
  return entries.map(({ op, seconds }) => ({ op, share: seconds / total }));
}
