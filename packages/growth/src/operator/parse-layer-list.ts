// Parses layer lists as a person types them: 0-23,8-31.
import { CambiumError } from "@cambium/ir";
import { depthError } from "./depth.js";

/**
 * The layers that `text` lists, 0-based: numbers and inclusive runs, separated by commas. `xN` repeats an entry:
 * `0-3,5,6-7x2` is 0 1 2 3 5 6 7 6 7. With `%` a run goes from one share of the depth (inclusive) to another
 * (exclusive): `0%-75%,25%-100%` of 8 layers is 0 to 5, then 2 to 7.
 * @param layers the number of layers, for shares. Numbers are not checked against it.
 * @throws CambiumError `E_GROWTH_PATTERN` for text that is not such a list, `E_GROWTH_LAYERS` for a share that is not a
 * whole number of layers.
 */
export function parseLayerList(text: string, layers: number): number[] {
  return text.split(",").flatMap((entry) => {
    const { first, last = first, from, to, times = "1" } = entryPattern.exec(entry.trim())?.groups ?? {};
    const [start, end] =
      from === undefined ? [Number(first), Number(last) + 1] : [share(from, layers), share(to as string, layers)];
    if (!(start < end)) throw notAList(text, entry.trim());
    const run = Array.from({ length: end - start }, (_, i) => start + i);
    return Array.from({ length: Number(times) }, () => run).flat();
  });
}

const entryPattern =
  /^(?:(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?|(?<from>\d{1,3})%-(?<to>\d{1,3})%)(?:x(?<times>[1-9]\d{0,3}))?$/;

function notAList(text: string, got: string): CambiumError {
  const expected = "layers and ascending runs, separated by commas: 0-23,8-31 or 0-3,5,6-7x2 or 0%-75%,25%-100%";
  return new CambiumError("E_GROWTH_PATTERN", "is not a list of layers", { where: `"${text}"`, expected, got });
}

function share(percent: string, layers: number): number {
  const at = (Number(percent) * layers) / 100;
  if (Number.isInteger(at) && at <= layers) return at;
  throw depthError(`${percent}% of the base is not a whole number of its layers`, {
    expected: "0% to 100%, whole in layers",
    got: `${at} of ${layers}`,
  });
}
