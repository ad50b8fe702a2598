// Growth carried out on a device: a plan as a graph over a live training state.
export { type DeviceGrowth, type DeviceGrowthOptions, growOnDevice, prepareGrowth } from "./device/growth.js";
