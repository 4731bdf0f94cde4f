// Defines what the built worker uses and Chrome 67 lacks. Must be imported first. A test runs the worker without them.

if (!("globalThis" in self)) (self as { globalThis: unknown }).globalThis = self;

if (!("hasOwn" in Object)) {
  (Object as { hasOwn: unknown }).hasOwn = (object: object, name: PropertyKey): boolean =>
    Object.prototype.hasOwnProperty.call(object, name);
}

export {};
