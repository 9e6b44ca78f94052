"""Runs: their states, the queue, the worker processes and the stream of events."""
