"""The notebook front end of FlowFabric."""
