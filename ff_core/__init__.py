"""FlowFabric for Python: durable executions on Valkey."""
