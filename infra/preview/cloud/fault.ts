/** How a call to a provider fails: refused whole, or after the object exists, as an operation that ends with an error. */
export type Fault = string | { readonly error: string; readonly leavesObject: true };
