// What the suite needs from a test runner.
export interface TestApi {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => void | Promise<void>): unknown;
}
