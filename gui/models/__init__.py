"""Qt models for the tables: they are told what to show through slots and know nothing of the engine."""
