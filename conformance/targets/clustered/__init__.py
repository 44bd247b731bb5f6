"""The parts of the kind and cluster targets: tools, gateway stacks, lookalikes' network, pods and their logs."""
