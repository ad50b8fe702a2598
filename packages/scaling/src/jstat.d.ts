// The little of jstat that is used here; the package has no types of its own.
declare module "jstat" {
  const jstat: {
    readonly studentt: {
      /** The quantile of Student's t at `probability`, by degrees of freedom, which need not be whole. */
      inv(probability: number, freedom: number): number;
    };
  };
  export default jstat;
}
