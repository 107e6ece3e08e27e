"""What an operator sees of the inside: numbers for Prometheus, and what is stuck."""
