// PostGraphile 5.1 is for Node 22; on Node 20 this one function is all that it misses.
Promise.withResolvers ??= function withResolvers() {
  let resolve, reject;
  const promise = new Promise((onResolved, onRejected) => { [resolve, reject] = [onResolved, onRejected]; });
  return { promise, resolve, reject };
};
