// A first-fit allocator over one range of addresses, merging freed neighbours.

/** Blocks start and end on cache lines. */
const alignment = 64;

interface Gap {
  start: number;
  end: number;
}

export class Allocator {
  /** Free ranges, ascending, never touching. */
  readonly #gaps: Gap[];
  readonly #sizes = new Map<number, number>();

  /** Hands out [start, end); both multiples of 64. */
  constructor(start: number, end: number) {
    this.#gaps = [{ start, end }];
  }

  /** Address of `bytes` fresh bytes, or null when no gap is that large. */
  allocate(bytes: number): number | null {
    const size = Math.max(Math.ceil(bytes / alignment), 1) * alignment;
    const at = this.#gaps.findIndex(({ start, end }) => end - start >= size);
    const gap = this.#gaps[at];
    if (!gap) return null;
    const address = gap.start;
    gap.start += size;
    if (gap.start === gap.end) this.#gaps.splice(at, 1);
    this.#sizes.set(address, size);
    return address;
  }

  /** Gives back what `allocate` returned at `address`. */
  free(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) throw new Error(`address ${address} is not allocated`);
    this.#sizes.delete(address);
    const end = address + size;
    let at = this.#gaps.findIndex(({ start }) => start > address);
    if (at < 0) at = this.#gaps.length;
    const [before, after] = [this.#gaps[at - 1], this.#gaps[at]];
    const joinsBefore = before?.end === address;
    const joinsAfter = after?.start === end;
    if (before && joinsBefore && after && joinsAfter) {
      before.end = after.end;
      this.#gaps.splice(at, 1);
    } else if (before && joinsBefore) before.end = end;
    else if (after && joinsAfter) after.start = address;
    else this.#gaps.splice(at, 0, { start: address, end });
  }
}
