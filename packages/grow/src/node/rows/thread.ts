// A thread that makes rows, from the writing thread's side.
import type { ModelDirectory } from "@cambium/checkpoint";
import { ThreadCaller } from "@cambium/files";
import { placeOf } from "../place.js";
import { rowScript } from "../scripts.js";
import { ListNumbers } from "./lists.js";
import type { Block, Made } from "./make.js";
import type { RowRequest } from "./protocol.js";

/** Room for short-lived objects in the thread's heap; numbers lie outside it. */
const maxYoungGenerationSizeMb = 4;

export class RowThread {
  readonly #caller = new ThreadCaller<RowRequest, void>({
    script: rowScript,
    does: "makes rows",
    resourceLimits: { maxYoungGenerationSizeMb },
  });
  readonly #numbers = new ListNumbers();
  #made: Made | undefined;

  constructor(private readonly source: ModelDirectory) {}

  /** Blocks that are not answered yet. */
  get waiting(): number {
    return this.#caller.waiting;
  }

  make({ made, start, end }: Block, out: Uint8Array): Promise<void> {
    if (made === this.#made) return this.#caller.ask({ start, end, out });
    this.#made = made;
    const { typed, lists } = this.#numbers.numbered(made.typed);
    const places = made.sources.map((name) => placeOf(this.source, name));
    return this.#caller.ask({ start, end, out, tensor: { made: { ...made, typed }, lists, places } });
  }

  end(): Promise<void> {
    return this.#caller.end();
  }
}
