"""Clocks, memory meters, device facts and the run record."""
