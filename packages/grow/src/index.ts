// Growth carried out: on the device where a training state is, and by finding first what a plan declares.
export { type DeviceGrowth, type DeviceGrowthOptions, growOnDevice, prepareGrowth } from "./device/growth.js";
export { growParameters } from "./device/parameters.js";
export { find, findCost } from "./find/find.js";
export { grownLoss } from "./find/fit.js";
export type { FindCost, Found, Lab } from "./find/lab.js";
