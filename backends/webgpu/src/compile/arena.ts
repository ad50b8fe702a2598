// The arena: offsets for the values between kernels. Values that are never alive together share memory.
export interface Lifetime {
  readonly bytes: number;
  /** Numbers of the first and the last kernel that use it. */
  readonly from: number;
  readonly to: number;
}

export interface ArenaPlan {
  /** By lifetime: the buffer of the arena, and the offset in it. */
  readonly places: readonly { readonly buffer: number; readonly offset: number }[];
  /** Bytes of each buffer. */
  readonly buffers: readonly number[];
}

interface Taken extends Lifetime {
  readonly offset: number;
}

/**
 * Places the largest first, each at the lowest offset that is free for as long as it lives (Pisarchyk & Lee 2020,
 * "Efficient Memory Management for Deep Neural Net Inference", greedy by size). A buffer holds at most `maxBytes`, unless
 * one value alone is larger.
 */
export function planArena(lifetimes: readonly Lifetime[], alignment: number, maxBytes: number): ArenaPlan {
  const places = new Array<{ buffer: number; offset: number }>(lifetimes.length);
  const buffers: { bytes: number; taken: Taken[] }[] = [];
  const bySize = lifetimes.map((_, i) => i).sort((a, b) => bytesOf(b) - bytesOf(a) || a - b);
  function bytesOf(i: number): number {
    return Math.ceil((lifetimes[i] as Lifetime).bytes / alignment) * alignment;
  }
  for (const i of bySize) {
    const { from, to } = lifetimes[i] as Lifetime;
    const bytes = bytesOf(i);
    for (let buffer = 0; ; buffer++) {
      if (buffer === buffers.length) buffers.push({ bytes: 0, taken: [] });
      const room = buffers[buffer] as { bytes: number; taken: Taken[] };
      const offset = lowest(room.taken, from, to, bytes);
      if (offset + bytes > maxBytes && room.taken.length > 0) continue;
      room.taken.push({ bytes, from, to, offset });
      room.bytes = Math.max(room.bytes, offset + bytes);
      places[i] = { buffer, offset };
      break;
    }
  }
  return { places, buffers: buffers.map(({ bytes }) => bytes) };
}

function lowest(taken: readonly Taken[], from: number, to: number, bytes: number): number {
  const inTheWay = taken.filter((other) => other.from <= to && from <= other.to).sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of inTheWay) {
    if (offset + bytes <= other.offset) break;
    offset = Math.max(offset, other.offset + other.bytes);
  }
  return offset;
}
