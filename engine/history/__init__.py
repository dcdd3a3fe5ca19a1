"""What happened: the journal of syncs and overwritten values, its export, and the stream of events."""
