// Packs sequences to score into rows. Sequences with the same prefix before their scored tokens share one copy of it.
import { highest } from "@cambium/ir";
import type { Encoded } from "./encode.js";

/** One row of a batch. */
export interface Row {
  readonly tokens: readonly number[];
  /** The position of each token, from 0. */
  readonly positions: readonly number[];
  /** The segment of each token: 0 is the prefix, k the kth continuation. */
  readonly segments: readonly number[];
  readonly parts: readonly Part[];
}

/** The scored tokens of one sequence. */
export interface Part {
  /** Index among the sequences. */
  readonly sequence: number;
  /** Indices in the row whose next token is scored, and those tokens. */
  readonly at: readonly number[];
  readonly targets: readonly number[];
}

export interface Packed {
  /** Longest first. */
  readonly rows: readonly Row[];
  /** Indices of identical sequences, by the one that is in a row: they get exactly the same score. */
  readonly twins: ReadonlyMap<number, readonly number[]>;
}

/**
 * Rows for all `sequences`. The last token of a sequence is predicted, not read, so it is in no row. Sequences without
 * scored tokens are left out, and identical sequences are packed once.
 */
export function pack(sequences: readonly Encoded[]): Packed {
  const groups = new Map<string, Map<string, number[]>>();
  for (const [index, { ids, scored }] of sequences.entries()) {
    if (scored === 0) continue;
    const prefix = ids.slice(0, ids.length - scored).join(" ");
    const group = groups.get(prefix) ?? new Map<string, number[]>();
    groups.set(prefix, group);
    const rest = ids.slice(-scored).join(" ");
    group.set(rest, [...(group.get(rest) ?? []), index]);
  }
  const same = [...groups.values()].map((group) => [...group.values()]);
  const rows = same.flatMap((members) =>
    rowsOf(
      members.map(([first]) => first as number),
      sequences,
    ),
  );
  return {
    rows: rows.sort((a, b) => b.tokens.length - a.tokens.length),
    twins: new Map(same.flat().map((indices) => [indices[0] as number, indices])),
  };
}

/**
 * Most tokens behind a prefix, unless the prefix or twice the longest continuation is longer. Up to a few hundred tokens,
 * attention costs little compared with the products with weights, and not computing a prefix again saves more.
 */
const mostBehind = 256;

/**
 * Rows for sequences with one prefix. A prefix that is short compared with what follows is not shared: a longer row would
 * cost more than it saves.
 */
function rowsOf(members: readonly number[], sequences: readonly Encoded[]): Row[] {
  const own = (index: number) => (sequences[index] as Encoded).scored - 1;
  const prefix = (sequences[members[0] as number] as Encoded).ids.length - own(members[0] as number) - 1;
  const longest = highest(members.map(own));
  const most = 4 * prefix < longest ? 0 : prefix + Math.max(mostBehind, prefix, 2 * longest);
  const rows: number[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const index of members) {
    if (length + own(index) > most) {
      rows.push([]);
      length = prefix;
    }
    rows.at(-1)?.push(index);
    length += own(index);
  }
  return rows.map((some) => row(some, sequences));
}

function row(members: readonly number[], sequences: readonly Encoded[]): Row {
  const tokens: number[] = [];
  const positions: number[] = [];
  const segments: number[] = [];
  const parts = members.map((sequence, i) => {
    const { ids, scored } = sequences[sequence] as Encoded;
    const prefix = ids.length - scored;
    for (let at = i === 0 ? 0 : prefix; at < ids.length - 1; at++) {
      tokens.push(ids[at] as number);
      positions.push(at);
      segments.push(at < prefix ? 0 : i + 1);
    }
    const behind = tokens.length - (scored - 1);
    const at = Array.from({ length: scored }, (_, j) => (j === 0 ? prefix - 1 : behind + j - 1));
    return { sequence, at, targets: ids.slice(prefix) };
  });
  return { tokens, positions, segments, parts };
}
