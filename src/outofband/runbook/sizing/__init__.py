"""What builds will take, and the workers and memory that they get."""
