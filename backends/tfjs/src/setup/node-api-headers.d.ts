// Types of node-api-headers, which brings none: the C headers of Node-API, from Node's own project.
declare module "node-api-headers" {
  const headers: { readonly include_dir: string };
  export default headers;
}
