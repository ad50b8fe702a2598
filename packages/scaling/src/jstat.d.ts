// Types for the one function of jstat used here; the package ships none.
declare module "jstat" {
  const jstat: {
    readonly studentt: {
      /** The quantile of Student's t at `probability`; the degrees of freedom need not be whole. */
      inv(probability: number, freedom: number): number;
    };
  };
  export default jstat;
}
