// What `#node` is in browsers: nothing.
export {};
