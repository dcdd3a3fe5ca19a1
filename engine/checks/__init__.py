"""Looking and mending on request: trying a peer, comparing rows and schemas with it, repairing what differs."""
