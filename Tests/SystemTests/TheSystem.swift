import Testing

/// Real `voicera` processes on real servers, killed and stopped for real. One test at a time: each has a fleet of its own, and there are few cores.
@Suite(.serialized, .timeLimit(.minutes(4)))
enum TheSystem {}
