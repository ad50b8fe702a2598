// The axes that width operators grow.

/** `headDim` never grows: rotary frequencies and the scale of scores depend on it. */
export const widthAxes = ["hidden", "heads", "kvHeads", "intermediate"] as const;
export type WidthAxis = (typeof widthAxes)[number];
