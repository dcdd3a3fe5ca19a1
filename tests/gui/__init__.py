"""Tests of the window: real models, real engines, no display needed."""
