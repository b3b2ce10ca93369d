"""What a caller can do, as generators without I/O (see `ff_core.ops.op`)."""
