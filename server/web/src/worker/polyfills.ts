// What the built worker calls and Chrome 67 does not have yet; a test runs it without them. To be imported first.

if (!("globalThis" in self)) (self as { globalThis: unknown }).globalThis = self;

if (!("hasOwn" in Object)) {
  (Object as { hasOwn: unknown }).hasOwn = (object: object, name: PropertyKey): boolean =>
    Object.prototype.hasOwnProperty.call(object, name);
}

export {};
