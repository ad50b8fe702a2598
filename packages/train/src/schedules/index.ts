// Every learning-rate schedule, by name: recipes, `cambium train` and the documentation read this table. Generated from the files beside it (tools/indexes.mjs); do not edit.
import { constant } from "./constant.js";
import { cosine } from "./cosine.js";
import { linear } from "./linear.js";
import { wsd } from "./wsd.js";

export const schedules = { constant, cosine, linear, wsd } as const;

export type ScheduleName = keyof typeof schedules;
