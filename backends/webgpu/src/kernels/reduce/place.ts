// Where in a reduction's input an element of an output is.
import { numel, strides } from "@cambium/ir";
import { type Definer, Index } from "../../wgsl/index-map.js";

/** The place of element number `element` of output number `output`, where `axes` of `shape` are reduced. */
export function inputIndex(
  shape: readonly number[],
  axes: readonly number[],
  output: string,
  element: string,
  code: Definer,
): Index {
  const reduced = shape.map((_, axis) => axes.includes(axis));
  const together = togetherIndex(shape, reduced, output, element, code);
  if (together) return together;
  const coords = (wanted: boolean, flat: string) => {
    const kept = shape.map((size, axis) => (reduced[axis] === wanted ? size : 1));
    return Index.flat(kept, flat).coords(code);
  };
  const [outer, inner] = [coords(false, output), coords(true, element)];
  return Index.at(
    shape,
    shape.map((_, axis) => (reduced[axis] ? inner[axis] : outer[axis]) as string),
  );
}

/** Where the reduced axes are neighbours at one end of the shape, the flat index needs no division. */
function togetherIndex(
  shape: readonly number[],
  reduced: readonly boolean[],
  output: string,
  element: string,
  code: Definer,
): Index | undefined {
  const first = reduced.indexOf(true);
  const last = reduced.lastIndexOf(true);
  if (first < 0 || reduced.slice(first, last + 1).includes(false)) return undefined;
  if (last === shape.length - 1) {
    const size = numel(shape.slice(first));
    return Index.flat(shape, code.define(`${output} * ${size}u + ${element}`));
  }
  if (first > 0) return undefined;
  return Index.flat(shape, code.define(`${element} * ${strides(shape)[last]}u + ${output}`));
}
