"""The panels of the window: they show models and tell in signals what a person asks for."""
