// Carries out growth: on the device that holds a training state, after finding what a plan declares.
export { type DeviceGrowth, type DeviceGrowthOptions, growOnDevice, prepareGrowth } from "./device/growth.js";
export { growParameters } from "./device/parameters.js";
export { find, findCost } from "./find/find.js";
export { grownLoss } from "./find/fit.js";
export type { FindCost, Found, Lab } from "./find/lab.js";
