"""Which distributions are installed, and what they declare for Seedbed; a broken one harms no other."""
