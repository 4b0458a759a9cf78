import Primitives

/// A short prefix that no other test uses, valid as a Redis key, a database name and a lane.
package func namespace() -> String { "t" + IdentifierSource.system.next().description.suffix(20) }
