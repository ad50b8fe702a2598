// `#node` in browsers: nothing.
export {};
