// Verifies one model on one device: every op on the device's own inputs, then whole steps as in training, and the first
// place that departs from the reference.
import { type Backend, type BackendOptions, type Device, type DeviceInfo, describeDevice } from "@cambium/backend";
import { type Deviation, type KeptCase, keepCase } from "@cambium/backend/conformance/cases";
import { append, CambiumError, type Graph, type Node } from "@cambium/ir";
import { depthOf } from "./depth.js";
import type { Expected } from "./expected.js";
import { openGuarded } from "./guarded.js";
import { checkNodes, deviceValues, type NodeCheck } from "./probe.js";
import type { Departed, OutputCheck, Verified } from "./result.js";
import { type Shrunk, shrink } from "./shrink.js";
import { type StepCheck, traceSteps } from "./trace.js";

export interface VerifyOptions {
  /** Shrink a fault to a test case. */
  readonly bisect?: boolean;
  /** Called with the current activity and the share done, 0 to 1. */
  readonly onProgress?: (what: string, share: number) => void;
}

export interface VerifiedCase extends Verified {
  /** The smallest graph that shows the fault; absent if there is no fault, no `bisect`, or only whole steps show it. */
  readonly kept?: KeptCase;
}

export interface VerifyBackendOptions extends VerifyOptions {
  readonly options?: BackendOptions;
  /** Seconds that one answer of the backend may take; default 120. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
  /** Called with the open device's facts; what it throws is thrown on. */
  readonly require?: (info: DeviceInfo) => void;
}

/**
 * Opens a device of a backend, verifies the model on it, and closes it. A backend that fails, hangs or gives tensors of
 * another form is a finding, not an error.
 * @throws CambiumError as `Backend.open`
 */
export async function verifyBackend(
  backend: Backend,
  expected: Expected,
  { options = {}, patience = 120, signal, require, ...rest }: VerifyBackendOptions = {},
): Promise<VerifiedCase> {
  const { name } = backend;
  let info: DeviceInfo | undefined;
  try {
    await using device = await openGuarded(backend, options, { backend: name, patience, signal });
    info = device.info;
    require?.(info);
    return await verifyOn(name, device, expected, rest).catch((error: unknown) =>
      unverified(name, device.info, expected, error),
    );
  } catch (error) {
    if (!(error instanceof CambiumError) || error.code !== "E_BACKEND_FAILED") throw error;
    return unverified(name, info, expected, error);
  }
}

/** The result where a backend could not be checked to the end. Other errors than its own are thrown on. */
function unverified(
  backend: string,
  info: DeviceInfo | undefined,
  { subject }: Expected,
  error: unknown,
): VerifiedCase {
  if (!(error instanceof CambiumError)) throw error;
  const { name: model, steps, graph } = subject;
  return {
    ...{ backend, device: info ? describeDevice(info) : "not open", model, steps, agrees: false, first: null },
    failed: { code: error.code, message: error.format() },
    ...{ nodes: graph.nodes.length, depth: [], outputs: [], seconds: 0 },
  };
}

/** @throws CambiumError from the device, e.g. `E_UNSUPPORTED` for an unsupported dtype */
export async function verifyOn(
  backend: string,
  device: Device,
  expected: Expected,
  { bisect = false, onProgress = () => {} }: VerifyOptions = {},
): Promise<VerifiedCase> {
  const began = performance.now();
  const pause = pauses();
  const { name: model, steps } = expected.subject;
  const graph = expected.graph(device.info.composites);
  onProgress("float64", 0);
  const exact = expected.values(graph, 1);
  onProgress("every op", 0.1);
  const values = await deviceValues(device, graph, expected.inputs(1));
  const checks: NodeCheck[] = [];
  for (const check of checkNodes(graph, values)) {
    checks.push(check);
    onProgress("every op", 0.1 + (0.4 * checks.length) / graph.nodes.length);
    await pause();
  }
  const outputs: StepCheck[] = [];
  const whole = Math.max(1, steps);
  onProgress("whole steps", 0.5);
  for await (const step of traceSteps(device, expected)) {
    append(outputs, step);
    onProgress("whole steps", 0.5 + (0.5 * (step[0]?.step ?? 1)) / whole);
  }
  const fault = checks.find(({ comparison }) => comparison.deviation);
  const late = outputs.find(({ deviation }) => deviation);
  const onTry = (nodes: number) => onProgress(`bisecting, ${nodes} nodes left`, 1);
  let shrunk: Shrunk | null = null;
  if (fault && bisect) shrunk = await shrink(device, graph, values, { suspect: fault.node, onTry });
  if (!fault && late) shrunk = await shrink(device, graph, expected.values(graph, late.step), { onTry });
  const first = firstOf(graph, fault, late, shrunk);
  return {
    backend,
    device: describeDevice(device.info),
    model,
    steps,
    agrees: first === null,
    first: first && { backend, model, ...first },
    failed: null,
    nodes: graph.nodes.length,
    depth: depthOf(graph, checks, values, exact),
    outputs: shown(outputs),
    seconds: (performance.now() - began) / 1000,
    ...(bisect && shrunk && { kept: kept(backend, model, shrunk) }),
  };
}

type Found = Omit<Departed, "backend" | "model">;

function firstOf(
  graph: Graph,
  fault: NodeCheck | undefined,
  late: StepCheck | undefined,
  shrunk: Shrunk | null,
): Found | null {
  if (fault?.comparison.deviation) {
    return found(graph, fault.node, fault.output, fault.comparison.deviation, 1, "op");
  }
  if (!late?.deviation) return null;
  if (shrunk) {
    const output = Math.max(0, outputIndex(shrunk));
    return found(graph, shrunk.node, output, shrunk.departure, late.step, "part");
  }
  const value = graph.outputs.find(({ name }) => name === late.output)?.value;
  const node = graph.nodes.find((one) => one.outputs.some(({ id }) => id === value?.id)) as Node;
  const output = node.outputs.findIndex(({ id }) => id === value?.id);
  return found(graph, node, output, late.deviation, late.step, "run");
}

/** The index of the departing output among its node's outputs, which have the same order in the region's graph. */
function outputIndex({ region, departure, node }: Shrunk): number {
  const own = region.graph.outputs.filter(({ name }) => region.makers.get(name) === node);
  const value = own.find(({ name }) => name === departure.output)?.value;
  const made = region.graph.nodes.find((one) => one.outputs.some(({ id }) => id === value?.id));
  return made?.outputs.findIndex(({ id }) => id === value?.id) ?? 0;
}

function found(
  { inputs }: Graph,
  node: Node,
  output: number,
  { element, got, expected, error, tolerance, count }: Deviation,
  step: number,
  kind: Departed["kind"],
): Found {
  const names = new Map(inputs.map(({ name, value }) => [value.id, name]));
  const reads = node.inputs.flatMap(({ id }) => names.get(id) ?? []);
  return {
    op: node.op.name,
    layer: node.scope ?? null,
    error: Math.min(error, Number.MAX_VALUE),
    tolerance: Math.min(tolerance, Number.MAX_VALUE),
    step,
    reads,
    output,
    element,
    got: String(got),
    expected: String(expected),
    count,
    kind,
  };
}

function kept(backend: string, model: string, { region, node }: Shrunk): KeptCase {
  const where = node.scope === undefined ? "" : ` in ${node.scope}`;
  return keepCase(`${node.op.name}${where} of ${model}, as ${backend} got it wrong`, region.graph, region.inputs);
}

/** The scalars of every step, and the ten outputs closest to their tolerance. */
function shown(checks: readonly StepCheck[]): OutputCheck[] {
  const share = ({ error, tolerance }: StepCheck) => (error === 0 ? 0 : error / tolerance);
  const scalars = checks.filter(({ output }) => output === "loss" || output === "gradNorm");
  const rest = checks.filter((one) => !scalars.includes(one)).sort((a, b) => share(b) - share(a));
  return [...scalars, ...rest.slice(0, 10)].map(({ step, output, error, tolerance }) => {
    return { step, name: output, error: Math.min(error, Number.MAX_VALUE), tolerance };
  });
}

/** Yields to the event loop now and then, so that Ctrl-C works during float64 computations. */
function pauses(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 50) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
