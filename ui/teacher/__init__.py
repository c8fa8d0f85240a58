"""What only teachers see. Their pages call `guard` first, and every callback is wrapped in `teachers_only`."""
