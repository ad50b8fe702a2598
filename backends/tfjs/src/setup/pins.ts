// The wheels that are downloaded: each one's version, and the SHA-256 of its file for each kind of machine, as PyPI had them
// on 2026-11-30. pip refuses any other file. `pip install --dry-run --report` with the flags of pip.ts lists them anew.
export type Machine = "x86_64" | "aarch64";

export const machine: Machine = process.arch === "arm64" ? "aarch64" : "x86_64";

/** The TensorFlow that is downloaded unless the user provides one. */
export const tensorflowVersion = "2.21.0";

interface Pin {
  readonly version: string;
  readonly sha256: { readonly [M in Machine]?: string };
}

const pins: Readonly<Record<string, Pin>> = {
  tensorflow: {
    version: tensorflowVersion,
    sha256: {
      x86_64: "b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0",
      aarch64: "b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552",
    },
  },
  // PyPI has none for aarch64: there `tensorflow` is the one for CPUs.
  "tensorflow-cpu": {
    version: tensorflowVersion,
    sha256: { x86_64: "dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb" },
  },
  "nvidia-cublas-cu12": {
    version: "12.9.3.13",
    sha256: {
      x86_64: "d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72",
      aarch64: "918a8781956115d34b1db49e0e7b7befba8d101661c4b560ed4d42e0e17bebc3",
    },
  },
  "nvidia-cuda-cupti-cu12": {
    version: "12.9.79",
    sha256: {
      x86_64: "096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f",
      aarch64: "791853b030602c6a11d08b5578edfb957cadea06e9d3b26adbf8d036135a4afe",
    },
  },
  "nvidia-cuda-nvrtc-cu12": {
    version: "12.9.86",
    sha256: {
      x86_64: "210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4",
      aarch64: "096d4de6bda726415dfaf3198d4f5c522b8e70139c97feef5cd2ca6d4cd9cead",
    },
  },
  "nvidia-cuda-runtime-cu12": {
    version: "12.9.79",
    sha256: {
      x86_64: "25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3",
      aarch64: "83469a846206f2a733db0c42e223589ab62fd2fabac4432d2f8802de4bded0a4",
    },
  },
  "nvidia-cudnn-cu12": {
    version: "9.28.0.42",
    sha256: {
      x86_64: "9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375",
      aarch64: "f88db8fc1a0a5f458e19aa7b08fbe3500aeb9e2bb8dea6293ecbce170364ad72",
    },
  },
  "nvidia-cufft-cu12": {
    version: "11.4.1.4",
    sha256: {
      x86_64: "c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28",
      aarch64: "1a28c9b12260a1aa7a8fd12f5ebd82d027963d635ba82ff39a1acfa7c4c0fbcf",
    },
  },
  "nvidia-curand-cu12": {
    version: "10.3.10.19",
    sha256: {
      x86_64: "49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e",
      aarch64: "de663377feb1697e1d30ed587b07d5721fdd6d2015c738d7528a6002a6134d37",
    },
  },
  "nvidia-cusolver-cu12": {
    version: "11.7.5.82",
    sha256: {
      x86_64: "15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88",
      aarch64: "62efa83e4ace59a4c734d052bb72158e888aa7b770e1a5f601682f16fe5b4fd2",
    },
  },
  "nvidia-cusparse-cu12": {
    version: "12.5.10.65",
    sha256: {
      x86_64: "73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78",
      aarch64: "221c73e7482dd93eda44e65ce567c031c07e2f93f6fa0ecd3ba876a195023e83",
    },
  },
  "nvidia-nccl-cu12": {
    version: "2.32.3",
    sha256: {
      x86_64: "bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c",
      aarch64: "061af42ae1044816820e16b872075e243d1ac0656f51860fbc8e106c257aa83a",
    },
  },
  "nvidia-nvjitlink-cu12": {
    version: "12.9.86",
    sha256: {
      x86_64: "e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9",
      aarch64: "994a05ef08ef4b0b299829cde613a424382aff7efb08a7172c1fa616cc3af2ca",
    },
  },
};

/** The wheel that holds TensorFlow here. */
export function tensorflowPackage(cuda: boolean): string {
  return cuda || pins["tensorflow-cpu"]?.sha256[machine] === undefined ? "tensorflow" : "tensorflow-cpu";
}

/** `tensorflow-cpu==2.21.0` */
export function pinned(name: string): string {
  const pin = pins[name];
  return pin === undefined ? name : `${name}==${pin.version}`;
}

/** The lines of pip's requirements file; a package that is not pinned gets no hash, and pip then refuses it. */
export function requirementsFile(names: readonly string[]): string {
  const line = (name: string) => {
    const hash = pins[name]?.sha256[machine];
    return `${pinned(name)}${hash === undefined ? "" : ` --hash=sha256:${hash}`}\n`;
  };
  return names.map(line).join("");
}
