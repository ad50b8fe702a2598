// The part of the WebAssembly JavaScript API that the kernels here and in the onnx backend use. TypeScript declares it
// only with the DOM.
declare namespace WebAssembly {
  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  class Memory {
    constructor(limits: { readonly initial: number; readonly maximum?: number });
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(binary: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function compile(binary: Uint8Array<ArrayBuffer>): Promise<Module>;
  function instantiate(binary: Uint8Array<ArrayBuffer>, imports: Imports): Promise<{ readonly instance: Instance }>;
  function instantiate(module: Module, imports: Imports): Promise<Instance>;
}
