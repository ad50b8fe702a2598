// Before a built binding is put in place, a process of its own loads it and multiplies two matrices.
import { complaint, runCommand } from "@cambium/backend/node";
import { CambiumError } from "@cambium/ir";

const script = `
const binding = require(process.argv[1]);
const tensor = (values) => binding.createTensor([2, 2], binding.TF_FLOAT, new Float32Array(values));
const flag = (name) => ({ name, type: binding.TF_ATTR_BOOL, value: false });
const attributes = [
  flag("transpose_a"),
  flag("transpose_b"),
  { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
];
process.argv.slice(2).forEach((ops) => require(ops));
const [product] = binding.executeOp("MatMul", attributes, [tensor([1, 2, 3, 4]), tensor([5, 6, 7, 8])], 1);
const values = [...binding.tensorDataSync(product.id)];
if (process.argv.length > 2) {
  const [square] = binding.executeOp("CambiumSquareSum", attributes.slice(2), [product.id], 1);
  values.push(...binding.tensorDataSync(square.id));
}
console.log(JSON.stringify({ values, tensorflow: binding.TF_Version, cuda: binding.isUsingGpuDevice() }));`;

const product = [19, 22, 43, 50];
const squares = 19 ** 2 + 22 ** 2 + 43 ** 2 + 50 ** 2;

export interface SelfTest {
  /** TensorFlow's version. */
  readonly tensorflow: string;
  /** Whether TensorFlow computes on a CUDA device here. */
  readonly cuda: boolean;
}

/**
 * @param ops the module of Cambium's own ops, if it was built
 * @throws CambiumError `E_SETUP_SELF_TEST` with what the loader or TensorFlow said.
 */
export async function selfTest(binding: string, ops: readonly string[], signal: AbortSignal): Promise<SelfTest> {
  const result = await runCommand([process.execPath, "-e", script, binding, ...ops], signal);
  const failed = (got: string) =>
    new CambiumError("E_SETUP_SELF_TEST", "the binding is built but does not compute", {
      got,
      expected: "a libtensorflow for this system, with the C library it was built for or a later one",
    });
  if (result?.status !== 0) throw failed(result ? complaint(result) : "Node is gone");
  const said = JSON.parse(result.output.trim().split("\n").at(-1) ?? "") as SelfTest & { values: number[] };
  const expected = ops.length > 0 ? [...product, squares] : product;
  if (said.values.join() !== expected.join()) throw failed(`${said.values} in place of ${expected}`);
  return { tensorflow: said.tensorflow, cuda: said.cuda };
}
